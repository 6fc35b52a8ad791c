//! Why there is no client, or no answer.

use std::path::PathBuf;

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A certificate or key file cannot be read.
    #[error("reading {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A certificate or key file does not hold what it should.
    #[error("{} holds no usable {wanted} in PEM form", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        wanted: &'static str,
    },
    /// Only one of certificate and key is given.
    #[error("certificate_file and key_file belong together: give both or none")]
    HalfAnIdentity,
    /// TLS refuses the settings.
    #[error("setting up TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The address is no URL this client can use.
    #[error("{address:?} is not an http or https URL: {reason}")]
    Url {
        /// The address without its secrets.
        address: String,
        /// What is wrong.
        reason: String,
    },
}

/// Why a request has no answer. Names the server, never user, path or query: those hold secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The whole request took too long.
    #[error("{server}: no answer within {timeout_ms} ms")]
    Timeout {
        /// Scheme, host and port, or the socket's path.
        server: String,
        /// The bound.
        timeout_ms: u64,
    },
    /// No connection.
    #[error("{server}: connecting failed: {reason}")]
    Connect {
        /// Scheme, host and port, or the socket's path.
        server: String,
        /// What the system or TLS said.
        reason: String,
    },
    /// The connection broke, or the answer was not HTTP.
    #[error("{server}: the request failed: {reason}")]
    Broken {
        /// Scheme, host and port, or the socket's path.
        server: String,
        /// What went wrong.
        reason: String,
    },
    /// The answer is longer than it may be.
    #[error("{server}: the answer is longer than {bytes_max} bytes")]
    TooLarge {
        /// Scheme, host and port, or the socket's path.
        server: String,
        /// The bound.
        bytes_max: usize,
    },
}
