//! Settings of one client.

use std::path::PathBuf;

/// Timeouts, bounds and TLS of a client.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Connecting, the TLS handshake included, may take this many milliseconds.
    pub connect_timeout_ms: u64,
    /// A whole request, from connecting to the last byte of the answer, may take this many
    /// milliseconds.
    pub timeout_ms: u64,
    /// An answer's body may have this many bytes.
    pub response_bytes_max: usize,
    /// TLS.
    pub tls: TlsConfig,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            connect_timeout_ms: 5_000,
            timeout_ms: 20_000,
            response_bytes_max: 1024 * 1024,
            tls: TlsConfig::default(),
        }
    }
}

/// Whom to trust, and as whom to appear.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsConfig {
    /// Check the server's certificate. Without this anybody on the way can read and change
    /// everything.
    pub check_certificate: bool,
    /// PEM file with further certificate authorities, beside the system's and Mozilla's.
    pub ca_file: Option<PathBuf>,
    /// PEM file with our certificate chain, for servers that ask for one.
    pub certificate_file: Option<PathBuf>,
    /// PEM file with the key of that certificate.
    pub key_file: Option<PathBuf>,
}

impl Default for TlsConfig {
    fn default() -> Self {
        TlsConfig { check_certificate: true, ca_file: None, certificate_file: None, key_file: None }
    }
}
