//! The labels of a stream: sorted, unique names.

use std::{fmt, sync::Arc};

/// A stream's labels, sorted by name. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Labels(Arc<[(Box<str>, Box<str>)]>);

impl Labels {
    /// Sorts; of two equal names the later one wins; an empty value drops the label (Loki).
    pub fn new<N: Into<Box<str>>, V: Into<Box<str>>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut pairs: Vec<(Box<str>, Box<str>)> =
            pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        pairs.reverse();
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        pairs.dedup_by(|later, first| later.0 == first.0);
        pairs.retain(|(_, value)| !value.is_empty());
        Labels(pairs.into())
    }

    /// The value of a label.
    pub fn get(&self, name: &str) -> Option<&str> {
        let index = self.0.binary_search_by(|(found, _)| (**found).cmp(name)).ok()?;
        self.0.get(index).map(|(_, value)| &**value)
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// How many labels.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// No labels at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A hash that is the same in every process: names a stream in files.
    pub fn stream_hash(&self) -> u64 {
        let mut hasher = xxhash_rust::xxh3::Xxh3::new();
        for (name, value) in self.iter() {
            hasher.update(name.as_bytes());
            hasher.update(&[0xff]);
            hasher.update(value.as_bytes());
            hasher.update(&[0xfe]);
        }
        hasher.digest()
    }
}

impl fmt::Debug for Labels {
    /// As Loki prints it: `{a="b", c="d"}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, (name, value)) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{name}={value:?}")?;
        }
        f.write_str("}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_sorted_unique_and_not_empty() {
        let labels = Labels::new([("b", "1"), ("a", "2"), ("b", "3"), ("c", "")]);
        assert_eq!(format!("{labels:?}"), r#"{a="2", b="3"}"#);
        assert_eq!(labels.get("b"), Some("3"));
        assert_eq!(labels.get("c"), None);
    }

    #[test]
    fn hash_separates_name_from_value() {
        assert_ne!(Labels::new([("ab", "c")]).stream_hash(), Labels::new([("a", "bc")]).stream_hash());
    }
}
