//! The gateway's settings of this crate.

use serde::Deserialize;

/// Bounds and times of connections, and whom to believe.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Proxies in front of the gateway whose `X-Forwarded-*` is believed: addresses or ranges.
    pub trusted_proxies: Vec<String>,
    /// Connections at once; more wait to be taken.
    pub connections_max: usize,
    /// Connections at once of one address.
    pub connections_per_address_max: usize,
    /// How long a TLS handshake may take, in seconds.
    pub handshake_timeout_s: u64,
    /// How long the head of a request may take, in seconds.
    pub head_timeout_s: u64,
    /// How long a body may stand still, in seconds; there is no bound for a whole upload.
    pub body_timeout_s: u64,
    /// How long an idle connection is kept, in seconds.
    pub idle_timeout_s: u64,
    /// How long open requests may take when the gateway stops, in seconds.
    pub drain_timeout_s: u64,
    /// Most bytes of a request's head.
    pub head_bytes_max: usize,
    /// Strict-Transport-Security of hosts that do not set their own, in seconds; 0 sends none.
    pub hsts_s: u64,
    /// Redirect to https what no router wants without TLS.
    pub redirect_to_https: bool,
    /// The port of https as clients see it; 0: the one that is listened on.
    pub https_port: u16,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            trusted_proxies: Vec::new(),
            connections_max: 4096,
            connections_per_address_max: 1024,
            handshake_timeout_s: 10,
            head_timeout_s: 10,
            body_timeout_s: 30,
            idle_timeout_s: 180,
            drain_timeout_s: 10,
            head_bytes_max: 65_536,
            hsts_s: 63_072_000,
            redirect_to_https: true,
            https_port: 0,
        }
    }
}
