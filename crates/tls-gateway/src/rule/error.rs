//! What can be wrong with a rule.

/// A mistake in a rule: where, what, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at character {position}): {help}")]
pub struct RuleError {
    /// Byte position in the rule.
    pub position: usize,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

impl RuleError {
    pub(crate) fn new(position: usize, message: impl Into<String>, help: impl Into<String>) -> Self {
        RuleError { position, message: message.into(), help: help.into() }
    }
}
