//! What can be wrong with a certificate.

use std::path::PathBuf;

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{path}: {reason}")]
    Unusable {
        /// Which.
        path: PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// More files than [`crate::limits::GIVEN_MAX`].
    #[error("{count} certificate files, at most {limit} are read")]
    TooMany {
        /// How many were named.
        count: usize,
        /// How many may be.
        limit: usize,
    },
    /// The library refused to make a key or certificate.
    #[error("cannot make a certificate for {name}: {reason}")]
    Issue {
        /// For what.
        name: String,
        /// Its words.
        reason: String,
    },
}
