//! What the user may set.

use std::path::PathBuf;

/// How events are enriched.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the host's proc file system is mounted.
    pub proc_path: PathBuf,
    /// Root of the host's file system, for its user list.
    pub host_root: PathBuf,
    /// How long the first event of a container may wait for its metadata, in milliseconds;
    /// once per container.
    pub container_wait_ms: u64,
    /// What `evt.hostname` says; empty: the kernel's host name, or `FALCO_HOSTNAME`.
    pub hostname: String,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            proc_path: "/proc".into(),
            host_root: "/".into(),
            container_wait_ms: 500,
            hostname: String::new(),
        }
    }
}
