//! Why a journal cannot be opened or does not take a record.

use std::{io, path::PathBuf, sync::Arc};

/// Why a journal cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("{} is in use by another process: stop it, or use another data folder", directory.display())]
    InUse {
        /// The journal's folder.
        directory: PathBuf,
    },
    /// The medium failed.
    #[error("opening the journal at {}: {source}", path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Why nothing of an append was taken. Cheap to clone: one failed write fails a whole group.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// The journal has its full size and somebody still needs the oldest records.
    #[error("the queue is full: {bytes} of {bytes_max} bytes wait for {holder}")]
    Full {
        /// What the journal holds.
        bytes: u64,
        /// What it may hold.
        bytes_max: u64,
        /// The cursor that is furthest behind.
        holder: String,
    },
    /// The disk is nearly full.
    #[error("the disk is full: {free_bytes} bytes free, {reserve_bytes} are kept in reserve")]
    DiskFull {
        /// What is left.
        free_bytes: u64,
        /// What is kept free.
        reserve_bytes: u64,
    },
    /// One record is longer than any may be.
    #[error("a record of {bytes} bytes is over the limit of {bytes_max}")]
    TooLarge {
        /// Its length.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// The medium failed.
    #[error("writing {}: {source}", path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// The journal is being closed.
    #[error("the queue is shutting down")]
    Closed,
}

impl AppendError {
    /// The value of the `reason` label.
    pub fn reason(&self) -> &'static str {
        match self {
            AppendError::Full { .. } => "full",
            AppendError::DiskFull { .. } => "disk_full",
            AppendError::TooLarge { .. } => "too_large",
            AppendError::Io { .. } => "io",
            AppendError::Closed => "closed",
        }
    }
}
