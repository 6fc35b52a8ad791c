//! What the user may set.

use std::path::PathBuf;

use crate::Runtime;

/// Where container metadata comes from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Sockets with Docker's API. One that is not there is looked for again until it appears.
    pub sockets: Vec<SocketConfig>,
    /// How long a removed container still has its name, in seconds.
    pub dead_kept_s: u64,
}

/// One socket.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SocketConfig {
    /// Path of the unix socket; one component may be `*`, as in `/run/user/*/podman/podman.sock`.
    pub path: PathBuf,
    /// Who listens there: `docker` or `podman`.
    pub runtime: Runtime,
}

impl Default for Config {
    fn default() -> Self {
        let socket = |path: &str, runtime| SocketConfig { path: path.into(), runtime };
        Config {
            sockets: vec![
                socket("/var/run/docker.sock", Runtime::Docker),
                socket("/run/podman/podman.sock", Runtime::Podman),
                socket("/run/user/*/podman/podman.sock", Runtime::Podman),
                socket("/run/user/*/docker.sock", Runtime::Docker),
            ],
            dead_kept_s: 600,
        }
    }
}
