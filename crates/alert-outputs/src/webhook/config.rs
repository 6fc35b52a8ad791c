//! Settings of a webhook; the keys are Falcosidekick's (`webhook.*`) with underscores.

use std::{collections::BTreeMap, path::PathBuf};

/// Settings of one webhook.
#[derive(Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Names it in status, metrics and dead letters; unique among all outputs.
    pub name: String,
    /// `http` or `https` URL. It may hold a user and password; path and query are never logged.
    pub address: String,
    /// How the body is sent.
    pub method: HttpMethod,
    /// Headers added to each request; they win over our own.
    pub custom_headers: BTreeMap<String, String>,
    /// Only alerts at least this bad are sent; empty = all.
    pub minimum_priority: String,
    /// Check the server's certificate.
    pub check_certificate: bool,
    /// PEM file with further certificate authorities.
    pub ca_file: Option<PathBuf>,
    /// PEM file with our certificate chain, for servers that ask for one (mutual TLS).
    pub certificate_file: Option<PathBuf>,
    /// PEM file with the key of that certificate.
    pub key_file: Option<PathBuf>,
    /// One request may take this many milliseconds.
    pub timeout_ms: u64,
    /// Requests in flight at once (1 to 64); more than 1 gives up the order of alerts.
    pub requests_in_flight_max: usize,
}

/// How the body is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    /// `POST`.
    #[default]
    Post,
    /// `PUT`.
    Put,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            name: "webhook".to_owned(),
            address: String::new(),
            method: HttpMethod::Post,
            custom_headers: BTreeMap::new(),
            minimum_priority: String::new(),
            check_certificate: true,
            ca_file: None,
            certificate_file: None,
            key_file: None,
            timeout_ms: 10_000,
            requests_in_flight_max: 1,
        }
    }
}

impl std::fmt::Debug for Config {
    /// Without address and header values: they hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("name", &self.name)
            .field("method", &self.method)
            .field("custom_headers", &self.custom_headers.keys())
            .field("minimum_priority", &self.minimum_priority)
            .finish_non_exhaustive()
    }
}

/// Why a webhook cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The address or TLS.
    #[error(transparent)]
    Client(#[from] http_client::ConfigError),
    /// A header's name or value. The value is not shown: it may be a secret.
    #[error("custom_headers: {0:?} is not a header that can be sent")]
    Header(String),
    /// The minimum priority.
    #[error("minimum_priority: {0}")]
    Priority(#[from] alert::UnknownPriority),
}
