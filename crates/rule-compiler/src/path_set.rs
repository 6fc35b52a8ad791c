//! The paths of `pmatch`: a path matches when it is one of them or lies below one of them.

use std::collections::HashSet;

use crate::{glob::Glob, hash::FastHash};

/// Paths, split into components; a component may be a pattern.
#[derive(Debug, Clone, Default)]
pub struct PathSet {
    /// Without patterns, as `a/b/c`; the empty one matches every path.
    literal: HashSet<Box<[u8]>, FastHash>,
    patterns: Vec<Vec<Component>>,
}

#[derive(Debug, Clone)]
enum Component {
    Text(Vec<u8>),
    Pattern(Glob),
}

impl PathSet {
    /// `lib`, `/lib` and `/lib/` are the same path.
    pub fn new<'p>(paths: impl Iterator<Item = &'p [u8]>) -> PathSet {
        let mut set = PathSet::default();
        for path in paths {
            let is_pattern = |part: &&[u8]| part.iter().any(|byte| matches!(byte, b'*' | b'?' | b'['));
            if components(path).any(|part| is_pattern(&part)) {
                set.patterns.push(
                    components(path)
                        .map(|part| match is_pattern(&part) {
                            true => Component::Pattern(Glob::new(part, false)),
                            false => Component::Text(part.to_vec()),
                        })
                        .collect(),
                );
            } else {
                set.literal.insert(components(path).collect::<Vec<_>>().join(&b'/').into());
            }
        }
        set
    }

    /// Whether `path` is in the set.
    pub fn matches(&self, path: &[u8]) -> bool {
        if self.literal.contains(&b""[..]) {
            return true;
        }
        if self.matches_literal(path) {
            return true;
        }
        self.patterns.iter().any(|pattern| {
            let mut parts = components(path);
            pattern.iter().all(|expected| match (expected, parts.next()) {
                (Component::Text(text), Some(part)) => text == part,
                (Component::Pattern(glob), Some(part)) => glob.matches(part),
                (_, None) => false,
            })
        })
    }

    /// Bytes that every path of the set starts with, one entry per path of the set. A pattern
    /// counts up to its first special character.
    pub fn literal_prefixes(&self) -> Vec<Vec<u8>> {
        let absolute = |path: &[u8]| [b"/", path].concat();
        let literal =
            self.literal.iter().map(|path| if path.is_empty() { Vec::new() } else { absolute(path) });
        let patterns = self.patterns.iter().map(|pattern| {
            let mut prefix = Vec::new();
            for component in pattern {
                match component {
                    Component::Text(text) => {
                        prefix.push(b'/');
                        prefix.extend_from_slice(text);
                    }
                    Component::Pattern(glob) => {
                        prefix.push(b'/');
                        prefix.extend(glob.literal_prefix());
                        break;
                    }
                }
            }
            prefix
        });
        literal.chain(patterns).collect()
    }

    fn matches_literal(&self, path: &[u8]) -> bool {
        if self.literal.is_empty() {
            return false;
        }
        let path = path.strip_prefix(b"/").unwrap_or(path);
        if memchr::memmem::find(path, b"//").is_some() || path.first() == Some(&b'/') {
            let clean = components(path).collect::<Vec<_>>().join(&b'/');
            return self.matches_clean(&clean);
        }
        self.matches_clean(path)
    }

    fn matches_clean(&self, path: &[u8]) -> bool {
        memchr::memchr_iter(b'/', path)
            .chain(std::iter::once(path.len()))
            .any(|end| path.get(..end).is_some_and(|prefix| self.literal.contains(prefix)))
    }
}

fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::PathSet;

    #[test]
    fn a_path_matches_itself_and_what_is_below() {
        let check = |paths: &[&str], path: &str, expected: bool| {
            let set = PathSet::new(paths.iter().map(|path| path.as_bytes()));
            assert_eq!(set.matches(path.as_bytes()), expected, "{paths:?} {path}");
        };
        check(&["/etc"], "/etc", true);
        check(&["/etc"], "/etc/passwd", true);
        check(&["/etc"], "/etcetera", false);
        check(&["lib"], "/lib/x", true);
        check(&[""], "/x", true);
        check(&[], "/x", false);
        check(&["/usr/*/lib"], "/usr/local/lib/x.so", true);
        check(&["/usr/*/lib"], "/usr/lib", false);
        check(&["/etc/ssl"], "/etc//ssl/x", true);
    }
}
