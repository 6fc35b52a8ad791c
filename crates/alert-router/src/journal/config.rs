//! Settings of one journal.

/// Size, age and durability of a journal.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JournalConfig {
    /// A new file is begun at this size in bytes; at most a quarter of `bytes_max` is used.
    pub segment_bytes: u64,
    /// All files together, in bytes. At the bound, what only expendable cursors still need is
    /// dropped (and counted); what an essential cursor needs stays, and appends are refused.
    pub bytes_max: u64,
    /// Records older than this many seconds are dropped for expendable cursors; 0 = never.
    pub age_s_max: u64,
    /// Appends are refused when the disk has fewer free bytes than this.
    pub free_bytes_min: u64,
    /// Wait for the disk at every append. Without it a killed process loses nothing, but a power
    /// loss may cost the last seconds.
    pub fsync: bool,
}

impl Default for JournalConfig {
    fn default() -> Self {
        JournalConfig {
            segment_bytes: 8 * 1024 * 1024,
            bytes_max: 1024 * 1024 * 1024,
            age_s_max: 7 * 24 * 3600,
            free_bytes_min: 64 * 1024 * 1024,
            fsync: true,
        }
    }
}

impl JournalConfig {
    /// The size at which a file is closed, kept in proportion to the whole.
    pub(crate) fn segment_bytes_effective(&self) -> u64 {
        self.segment_bytes.min(self.bytes_max / 4).max(4_096)
    }
}
