//! Why a store cannot be opened.

use std::{io, path::PathBuf};

/// Why a store cannot be opened. Damaged records and segments are no reason: they are set aside
/// and counted.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The medium failed.
    #[error("opening {path}: {source}", path = .path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process has this store open.
    #[error("{path} is in use by another process: stop it, or choose another data folder", path = .path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// The list of segments cannot be read; without it nothing can be trusted.
    #[error("{path} is damaged: {reason}; restore it from a backup, or move it away to rebuild it from the segments", path = .path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A selector of the configuration means nothing.
    #[error("retention_streams: selector {selector:?}: {reason}")]
    Retention {
        /// The selector.
        selector: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Written by a later release.
    #[error("{path} has format version {found}, this release reads up to {known}: upgrade quaywatch", path = .path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest this release knows.
        known: u32,
    },
}

impl OpenError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> OpenError {
        let path = path.into();
        move |source| OpenError::Io { path, source }
    }
}
