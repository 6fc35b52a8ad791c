//! The entries of the ledger. FORMAT.md has their text; an entry's hash covers its whole line,
//! and with it the hash of the entry before.

use serde::{Deserialize, Serialize};

use super::hash::{Hash, hash_of};

/// What happened to the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ChainEvent {
    /// The chain begins; segments of before are sealed by later entries.
    Began {
        /// Why it had to begin anew; empty for a new store.
        reason: String,
    },
    /// A segment that was written before there was a chain.
    Sealed {
        /// The segment.
        output: Seal,
    },
    /// Batches up to this one are in the log.
    Batches {
        /// The last batch.
        last_sequence: u64,
        /// The running hash over batches.
        batches: String,
    },
    /// Batches up to this one are in segments.
    Flushed {
        /// The last batch.
        last_sequence: u64,
        /// Lines in these batches, duplicates included.
        lines: u64,
        /// The running hash over batches.
        batches: String,
        /// What was written; nothing when all lines were duplicates.
        output: Option<Seal>,
    },
    /// Segments were rewritten.
    Rewritten {
        /// Names of those that are gone.
        inputs: Vec<String>,
        /// What took their place; nothing when no row was left.
        output: Option<Seal>,
        /// Rows of the inputs that were exact duplicates.
        duplicate_rows: u64,
        /// Rows that delete requests removed.
        deleted_rows: u64,
        /// Rows that retention removed.
        expired_rows: u64,
        /// The delete requests.
        requests: Vec<String>,
    },
    /// Retention removed segments.
    Expired {
        /// Their names.
        segments: Vec<String>,
        /// Their rows.
        rows: u64,
        /// The newest row that went, nanoseconds since 1970.
        newest_ns: i64,
        /// `age` or `size`.
        reason: String,
    },
    /// Somebody asked for lines to be deleted.
    DeleteRequested {
        /// The request.
        id: String,
        /// Whose lines.
        tenant: String,
        /// Which.
        query: String,
        /// From when, nanoseconds since 1970.
        start_ns: i64,
        /// Until when, excluded.
        end_ns: i64,
    },
    /// A delete request was taken back.
    DeleteCancelled {
        /// The request.
        id: String,
    },
    /// All lines of a delete request are gone.
    DeleteProcessed {
        /// The request.
        id: String,
        /// How many lines.
        rows: u64,
    },
    /// A segment could not be read.
    SetAside {
        /// Its name.
        segment: String,
        /// Its rows.
        rows: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// Records of the write-ahead log could not be read.
    LogDamaged {
        /// Which.
        place: String,
    },
}

/// A sealed segment, as entries show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// Name in the segments folder.
    pub name: String,
    /// BLAKE3 of the whole file, in hex.
    pub hash: String,
    /// Its rows.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// From 1.
    pub(crate) number: u64,
    /// Hash of the line before, in hex; empty for the first.
    pub(crate) previous: String,
    pub(crate) at_ns: i64,
    #[serde(flatten)]
    pub(crate) event: ChainEvent,
}

impl Entry {
    /// The line, without its line break, and its hash.
    pub(crate) fn encode(&self) -> (String, Hash) {
        // Only maps with keys that are no texts could fail; there are none.
        let line = serde_json::to_string(self).unwrap_or_default();
        let hash = hash_of(line.as_bytes());
        (line, hash)
    }
}

/// Where the ledger ends, as the manifest keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChainTip {
    pub(crate) entries: u64,
    /// Length of the ledger.
    pub(crate) bytes: u64,
    /// Hash of its last line.
    pub(crate) head: String,
    /// The running hash over batches as of the manifest's `covered_sequence`, in hex.
    pub(crate) covered: String,
    /// The same as of the last entry that names one, and the batch it ends with.
    pub(crate) batches: String,
    pub(crate) batches_sequence: u64,
    /// When the last entry was made.
    pub(crate) at_ns: i64,
}

/// The head of the chain: whoever keeps it can later prove what came before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainHead {
    /// Entries up to it.
    pub entries: u64,
    /// The hash, 64 hex digits.
    pub hash: String,
    /// The last batch that is covered.
    pub sequence: u64,
    /// When it was made, nanoseconds since 1970.
    pub at_ns: i64,
}

impl From<&ChainTip> for ChainHead {
    fn from(tip: &ChainTip) -> Self {
        ChainHead {
            entries: tip.entries,
            hash: tip.head.clone(),
            sequence: tip.batches_sequence,
            at_ns: tip.at_ns,
        }
    }
}
