//! What the page, `doctor` and `selftest` are told about each output.

use crate::{journal::JournalStatus, output::OutputKind};

/// The router as a whole.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RouterStatus {
    /// The queue's size and cursors.
    pub queue: JournalStatus,
    /// Every output, in the order of the configuration.
    pub outputs: Vec<OutputStatus>,
}

/// One output.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OutputStatus {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub kind: OutputKind,
    /// Queue position up to which everything is delivered.
    pub position: u64,
    /// Positions between that and the newest alert: about how many alerts wait.
    pub lag: u64,
    /// What it is doing.
    pub state: OutputState,
    /// Why the last failed delivery failed; stays after a later success.
    pub last_error: Option<String>,
    /// When the last delivery succeeded, in nanoseconds since 1970.
    pub last_delivered_ns: Option<i64>,
    /// Alerts delivered since the start of the process.
    pub delivered: u64,
    /// Alerts put to the dead letters since the start of the process.
    pub dead_letters: u64,
}

/// What an output is doing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum OutputState {
    /// Delivers what comes.
    Ok,
    /// Was told to stop.
    Paused,
    /// The last delivery failed.
    Retrying {
        /// When the first failure in a row was, in nanoseconds since 1970.
        since_ns: i64,
        /// Failures in a row.
        attempts: u32,
    },
}
