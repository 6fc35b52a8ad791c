//! What a configuration adds to rules: extra outputs and fields, constant fields, and which rules
//! are in force. The words are Falco's: `append_output`, `static_fields`, `rules`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de::Error as _};

/// How to compile.
#[derive(Debug, Clone)]
pub struct Options {
    /// Plugins whose fields exist; only `container` is built in.
    pub plugins: Vec<String>,
    /// What is added to the outputs of rules, in order.
    pub append_output: Vec<AppendOutput>,
    /// `static.NAME` with these values in each alert's fields.
    pub static_fields: BTreeMap<String, String>,
    /// Switches rules on and off after loading, in order; the last that fits a rule counts.
    pub selection: Vec<Selection>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            plugins: vec!["container".to_owned()],
            append_output: Vec::new(),
            static_fields: BTreeMap::new(),
            selection: Vec::new(),
        }
    }
}

/// One entry of `append_output`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AppendOutput {
    /// Which rules it is for; every rule when empty.
    #[serde(rename = "match")]
    pub matching: Matching,
    /// Added to the output, with a blank before it; `%field` tokens as in rules.
    pub extra_output: String,
    /// Added to the fields of an alert: names of fields, or `{name: format}`.
    pub extra_fields: Vec<ExtraField>,
    /// Adds what the container fields suggest: id, name, image, pod.
    #[serde(deserialize_with = "loose_bool")]
    pub suggested_output: bool,
}

/// Rules that an entry is for. All that is given has to fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Matching {
    /// The rule's name.
    pub rule: String,
    /// Its source, such as `syscall`.
    pub source: String,
    /// Tags it must have, all of them.
    pub tags: Vec<String>,
}

impl Matching {
    /// Whether a rule of this name, source and tags is meant.
    pub fn is_for<'t>(&self, name: &str, source: &str, tags: impl Iterator<Item = &'t str> + Clone) -> bool {
        (self.rule.is_empty() || self.rule == name)
            && (self.source.is_empty() || self.source == source)
            && self.tags.iter().all(|wanted| tags.clone().any(|tag| tag == wanted))
    }
}

/// An added field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExtraField {
    /// A field's value under the field's name, with its type.
    Raw(String),
    /// A rendered format under a name of its own, always text.
    Named {
        /// Key in the alert's fields.
        name: String,
        /// As in an output.
        format: String,
    },
}

impl<'de> Deserialize<'de> for ExtraField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Raw(String),
            Named(BTreeMap<String, String>),
        }
        match Form::deserialize(deserializer)? {
            Form::Raw(name) => Ok(ExtraField::Raw(name)),
            Form::Named(map) => match map.into_iter().next() {
                Some((name, format)) => Ok(ExtraField::Named { name, format }),
                None => Err(D::Error::custom("an extra field is a name, or `name: format`")),
            },
        }
    }
}

/// One entry of `rules`: exactly one of the two is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Selection {
    /// Rules to switch on.
    pub enable: Option<Selected>,
    /// Rules to switch off.
    pub disable: Option<Selected>,
}

/// Rules by name or by tag.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Selected {
    /// A name in which `*` stands for any text.
    pub rule: String,
    /// A tag, exact.
    pub tag: String,
}

impl Selection {
    /// Every rule on, those included that their files switch off.
    pub fn enable_all() -> Selection {
        Selection { enable: Some(Selected { rule: "*".to_owned(), tag: String::new() }), disable: None }
    }

    /// What this entry says of a rule: on, off, or nothing.
    pub(crate) fn verdict(&self, name: &str, tags: &[String]) -> Option<bool> {
        let fits = |selected: &Selected| {
            (!selected.rule.is_empty() && has_wildcards(&selected.rule, name))
                || (!selected.tag.is_empty() && tags.contains(&selected.tag))
        };
        let off = self.disable.as_ref().filter(|selected| fits(selected)).map(|_| false);
        off.or(self.enable.as_ref().filter(|selected| fits(selected)).map(|_| true))
    }
}

/// Whether `text` is `pattern`, in which only `*` is special.
fn has_wildcards(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.split_once(part) {
            Some((_, after)) if !part.is_empty() => rest = after,
            None => return false,
            _ => {}
        }
    }
    true
}

/// What Falco's container plugin suggests to add to outputs.
pub(crate) const SUGGESTED_OUTPUT: &str = "container_id=%container.id container_name=%container.name container_image_repository=%container.image.repository container_image_tag=%container.image.tag k8s_pod_name=%k8s.pod.name k8s_ns_name=%k8s.ns.name";

/// A truth value, also as text: options of a command line are text.
fn loose_bool<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Bool(bool),
        Text(String),
    }
    match Form::deserialize(deserializer)? {
        Form::Bool(truth) => Ok(truth),
        Form::Text(text) if text == "true" => Ok(true),
        Form::Text(text) if text == "false" => Ok(false),
        Form::Text(text) => Err(D::Error::custom(format!("{text:?} is neither true nor false"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("*", "a b", true),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*c", "abc", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b", "ac", false),
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("ab*ba", "aba", false),
            ("a?c", "abc", false),
            ("**", "x", true),
        ] {
            assert_eq!(has_wildcards(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn the_last_entry_that_fits_counts() {
        let entry = |on: bool, rule: &str, tag: &str| {
            let selected = Some(Selected { rule: rule.to_owned(), tag: tag.to_owned() });
            if on {
                Selection { enable: selected, disable: None }
            } else {
                Selection { enable: None, disable: selected }
            }
        };
        let verdict = |selection: &[Selection]| {
            selection.iter().filter_map(|entry| entry.verdict("A rule", &["net".to_owned()])).next_back()
        };
        assert_eq!(verdict(&[entry(false, "*", ""), entry(true, "", "net")]), Some(true));
        assert_eq!(verdict(&[entry(true, "", "net"), entry(false, "A*", "")]), Some(false));
        assert_eq!(verdict(&[entry(true, "", "n*"), entry(false, "B", "")]), None);
    }
}
