//! What is wrong with a configuration, and how to mend it: for the log and the page.

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something does not work.
    Error,
    /// Something works otherwise than written.
    Warning,
    /// Worth knowing.
    Info,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Notice {
    /// How bad it is.
    pub severity: Severity,
    /// Whose configuration: a container or a file.
    pub source: String,
    /// What in it: a router, a middleware, a label.
    pub subject: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl Notice {
    /// A finding; texts of containers are cut and lose control characters.
    pub fn new(severity: Severity, source: &str, subject: &str, message: &str, help: &str) -> Notice {
        let clean = |text: &str| -> String {
            text.chars().filter(|c| !c.is_control()).take(crate::limits::NOTICE_CHARS_MAX).collect()
        };
        Notice {
            severity,
            source: clean(source),
            subject: clean(subject),
            message: clean(message),
            help: clean(help),
        }
    }

    /// Says it in the log.
    pub fn log(&self) {
        let Notice { severity, source, subject, message, help } = self;
        match severity {
            Severity::Error => tracing::error!(source, subject, help, "gateway: {message}"),
            Severity::Warning => tracing::warn!(source, subject, help, "gateway: {message}"),
            Severity::Info => tracing::info!(source, subject, help, "gateway: {message}"),
        }
    }
}
