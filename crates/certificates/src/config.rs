//! The `gateway.certificates` section of the configuration.

use std::path::PathBuf;

use serde::Deserialize;

/// Where certificates come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Certificates of your own, by the names they are made out for. Files are read again when they
    /// change.
    pub files: Vec<CertificateFiles>,
    /// Further names of this host, beside its host name, `localhost` and `quaywatch.local`: the
    /// page answers there, with a certificate of the local authority.
    pub names: Vec<String>,
}

/// A certificate and its key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateFiles {
    /// The certificate and the chain below the root, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}
