//! The `gateway` section of the configuration.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
};

use serde::Deserialize;

use crate::{config::Config, listeners::Wanted};

/// The door to the network: TLS, users, routes to containers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct GatewayConfig {
    /// Open it at all.
    pub(crate) enabled: bool,
    /// Where https is spoken. A port that cannot be had is left out, with a word in the log and on
    /// the health page.
    pub(crate) https_listen: SocketAddr,
    /// Where http is spoken: it redirects to https but for routers that name it.
    pub(crate) http_listen: SocketAddr,
    /// What routers may call the entry point of https.
    pub(crate) https_names: Vec<String>,
    /// What routers may call the entry point of http.
    pub(crate) http_names: Vec<String>,
    /// Keep a line of every request in the store, as `{job="quaywatch", source="access"}`.
    pub(crate) access_log: bool,
    /// Bounds and times of connections, and whom to believe.
    pub(crate) connections: tls_gateway::Config,
    /// Where certificates come from.
    pub(crate) certificates: certificates::Config,
    /// Where routes come from.
    pub(crate) discovery: route_discovery::Config,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        GatewayConfig {
            enabled: true,
            https_listen: SocketAddr::from((Ipv6Addr::UNSPECIFIED, 443)),
            http_listen: SocketAddr::from((Ipv6Addr::UNSPECIFIED, 80)),
            https_names: vec!["https".to_owned(), "websecure".to_owned()],
            http_names: vec!["http".to_owned(), "web".to_owned()],
            access_log: true,
            connections: tls_gateway::Config::default(),
            certificates: certificates::Config::default(),
            discovery: route_discovery::Config::default(),
        }
    }
}

impl GatewayConfig {
    /// The sockets, by the names they are handed on under.
    pub(crate) fn wanted_listeners(&self) -> Vec<Wanted> {
        if !self.enabled {
            return Vec::new();
        }
        vec![("https", reachable(self.https_listen)), ("http", reachable(self.http_listen))]
    }
}

/// Where there is no IPv6, `[::]` means `0.0.0.0`.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.is_ipv6() && address.ip().is_unspecified() && !Path::new("/proc/net/if_inet6").exists() {
        return SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port()));
    }
    address
}

/// Ports of our own listeners, to which no label may lead.
pub(super) fn own_ports(config: &Config) -> Vec<u16> {
    let hub = &config.hub;
    let gateway = &config.gateway;
    [hub.ingest_listen, hub.web_listen, hub.loki_listen, gateway.https_listen, gateway.http_listen]
        .iter()
        .map(SocketAddr::port)
        .collect()
}
