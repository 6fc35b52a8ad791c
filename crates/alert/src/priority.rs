//! Falco's eight priorities.

use std::{fmt, str::FromStr};

/// Ordered from the worst (`Emergency`) to the least (`Debug`): `Emergency < Debug`, as the
/// numbers 0 to 7 of syslog and Falco.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are Falco's")]
pub enum Priority {
    Emergency,
    Alert,
    Critical,
    Error,
    Warning,
    Notice,
    Informational,
    Debug,
}

impl Priority {
    /// All, worst first.
    pub const ALL: [Priority; 8] = [
        Priority::Emergency,
        Priority::Alert,
        Priority::Critical,
        Priority::Error,
        Priority::Warning,
        Priority::Notice,
        Priority::Informational,
        Priority::Debug,
    ];

    /// As Falco prints it in JSON: `Warning`.
    pub fn name(self) -> &'static str {
        match self {
            Priority::Emergency => "Emergency",
            Priority::Alert => "Alert",
            Priority::Critical => "Critical",
            Priority::Error => "Error",
            Priority::Warning => "Warning",
            Priority::Notice => "Notice",
            Priority::Informational => "Informational",
            Priority::Debug => "Debug",
        }
    }

    /// The level log viewers understand: Loki's `detected_level`.
    pub fn detected_level(self) -> &'static str {
        match self {
            Priority::Emergency | Priority::Alert | Priority::Critical => "critical",
            Priority::Error => "error",
            Priority::Warning => "warn",
            Priority::Notice | Priority::Informational => "info",
            Priority::Debug => "debug",
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A priority that is none of the eight.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown priority {0:?}: use one of emergency, alert, critical, error, warning, notice, informational, debug"
)]
pub struct UnknownPriority(pub String);

impl FromStr for Priority {
    type Err = UnknownPriority;

    /// Case-insensitive; `info` is short for `informational` (Falco).
    fn from_str(text: &str) -> Result<Self, UnknownPriority> {
        let wanted = if text.eq_ignore_ascii_case("info") { "informational" } else { text };
        Priority::ALL
            .into_iter()
            .find(|priority| priority.name().eq_ignore_ascii_case(wanted))
            .ok_or_else(|| UnknownPriority(text.to_owned()))
    }
}
