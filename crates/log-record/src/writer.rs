//! What a writer hands to a store.

use std::{future::Future, pin::Pin};

use crate::Labels;

/// One log entry of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Nanoseconds since 1970.
    pub timestamp_ns: i64,
    /// The line, byte-exact; UTF-8.
    pub line: String,
    /// Structured metadata, in the sender's order.
    pub metadata: Vec<(String, String)>,
}

/// Entries of one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamEntries {
    /// Whose stream.
    pub labels: Labels,
    /// In arrival order; any time order.
    pub entries: Vec<Entry>,
}

/// How far a writer has come in its own input. Stored in the same atomic write as the entries,
/// so that a writer which resumes after it neither loses nor doubles anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriterMark {
    /// The writer's name.
    pub writer: String,
    /// Its position; only grows.
    pub position: u64,
}

/// What is written in one piece: all of it is durable, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The tenant; Loki's name without authentication is `fake`.
    pub tenant: String,
    /// The entries.
    pub streams: Vec<StreamEntries>,
    /// The writer's progress, if it keeps one.
    pub mark: Option<WriterMark>,
}

/// Why nothing of a batch was stored.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// No room: answer 503 and let the sender keep it.
    #[error("the disk is full: {free_bytes} bytes free below the reserve of {reserve_bytes}")]
    DiskFull {
        /// What is left.
        free_bytes: u64,
        /// What is kept free.
        reserve_bytes: u64,
    },
    /// More waits to be written than memory is allowed for it.
    #[error("{queued_bytes} bytes already wait to be written")]
    Overloaded {
        /// What waits.
        queued_bytes: u64,
    },
    /// The medium failed.
    #[error("writing {path}: {source}")]
    Io {
        /// File or object.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The store is closing.
    #[error("the store is shutting down")]
    Closed,
}

/// The writing side of a store.
pub trait LogWriter: Send + Sync {
    /// Resolves once the batch is on disk and visible to scans that begin afterwards.
    fn append<'a>(
        &'a self,
        batch: Batch,
    ) -> Pin<Box<dyn Future<Output = Result<(), WriteError>> + Send + 'a>>;

    /// The last durable mark of this writer.
    fn mark(&self, writer: &str) -> Option<u64>;
}
