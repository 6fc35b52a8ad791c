//! Settings of the router.

use std::path::PathBuf;

use crate::journal::JournalConfig;

/// Where the queue is and how outputs are retried.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Folder of the queue, the marks and the dead letters.
    pub directory: PathBuf,
    /// Size and durability of the queue.
    pub queue: JournalConfig,
    /// One delivery to an output may take this many milliseconds.
    pub delivery_timeout_ms: u64,
    /// First wait after a failed delivery, in milliseconds; it doubles with every further failure.
    pub retry_ms_min: u64,
    /// Longest wait between two tries, in milliseconds.
    pub retry_ms_max: u64,
    /// Outputs that deliver nothing until they are resumed; their alerts stay in the queue.
    pub paused_outputs: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            directory: PathBuf::from("/var/lib/quaywatch/queue"),
            queue: JournalConfig::default(),
            delivery_timeout_ms: 30_000,
            retry_ms_min: 200,
            retry_ms_max: 60_000,
            paused_outputs: Vec::new(),
        }
    }
}
