//! Label matchers: the inside of a stream selector.

use regex::Regex;

use crate::Labels;

/// How a label is compared.
#[derive(Debug, Clone)]
pub enum MatchOperator {
    /// `=`
    Equal(String),
    /// `!=`
    NotEqual(String),
    /// `=~`, anchored at both ends.
    Regex(Regex),
    /// `!~`, anchored at both ends.
    NotRegex(Regex),
}

/// One matcher of a selector. An absent label counts as an empty value (Loki, Prometheus).
#[derive(Debug, Clone)]
pub struct LabelMatcher {
    /// The label's name.
    pub name: String,
    /// What its value must be.
    pub operator: MatchOperator,
}

impl LabelMatcher {
    /// Compiles the regex of `=~` and `!~` with anchors at both ends.
    ///
    /// # Errors
    /// The regex crate's, for a bad or too large pattern.
    pub fn anchored(pattern: &str) -> Result<Regex, regex::Error> {
        Regex::new(&format!("^(?s:{pattern})$"))
    }

    /// Whether these labels pass.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.matches_value(labels.get(&self.name).unwrap_or(""))
    }

    /// Whether this value passes.
    pub fn matches_value(&self, value: &str) -> bool {
        match &self.operator {
            MatchOperator::Equal(wanted) => value == wanted,
            MatchOperator::NotEqual(refused) => value != refused,
            MatchOperator::Regex(wanted) => wanted.is_match(value),
            MatchOperator::NotRegex(refused) => !refused.is_match(value),
        }
    }
}
