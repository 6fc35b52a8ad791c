//! Settings of the ruler.

use std::{collections::BTreeMap, path::PathBuf};

/// How rules are evaluated and where their alerts go.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Folder for rule groups made through the API, one file per namespace, and for the state of
    /// alerts over a restart. Inside the data folder when left as it is.
    pub directory: PathBuf,
    /// Rule files in Prometheus' form (`groups:`); read again when they change. The API shows
    /// them and does not change them.
    pub files: Vec<PathBuf>,
    /// Whose lines the rules of `files` look at.
    pub files_tenant: String,
    /// How often a group is evaluated when it does not say itself, in milliseconds.
    pub evaluation_interval_ms: u64,
    /// Alertmanagers: URLs up to the path before `/api/v2/alerts`.
    pub alertmanager_urls: Vec<String>,
    /// How long to wait before a firing alert is sent again, in milliseconds.
    pub resend_delay_ms: u64,
    /// Labels that every alert and every recorded sample gets.
    pub external_labels: BTreeMap<String, String>,
    /// Where users find this installation; stands in alerts as their source.
    pub external_url: String,
    /// Keep the samples of recording rules in the store, as lines of the stream
    /// `{recording_rule="…"}` with `value` and the sample's labels as structured metadata.
    pub record_in_store: bool,
    /// A Prometheus remote-write endpoint for the samples of recording rules.
    pub remote_write_url: Option<String>,
    /// Timeouts and TLS of the requests to these.
    pub client: http_client::Config,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            directory: PathBuf::from("/var/lib/quaywatch/hub/rules"),
            files: Vec::new(),
            files_tenant: "fake".to_owned(),
            evaluation_interval_ms: 60_000,
            alertmanager_urls: Vec::new(),
            resend_delay_ms: 60_000,
            external_labels: BTreeMap::new(),
            external_url: String::new(),
            record_in_store: true,
            remote_write_url: None,
            client: http_client::Config::default(),
        }
    }
}
