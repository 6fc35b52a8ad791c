//! Services and their servers.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Span, TextList};

/// A service: exactly one of its kinds.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Service {
    /// Servers that share the load.
    pub load_balancer: Option<LoadBalancer>,
    /// Services that share the load by weight.
    pub weighted: Option<Weighted>,
}

/// Servers that share the load.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LoadBalancer {
    /// In files.
    pub servers: Vec<Server>,
    /// In labels: the one of this container.
    pub server: Option<Server>,
    /// Hand on the client's `Host`.
    pub pass_host_header: bool,
    /// Keep a client on its server.
    pub sticky: Option<Sticky>,
    /// Ask servers whether they are well.
    pub health_check: Option<HealthCheck>,
    /// How answers are passed on.
    pub response_forwarding: Option<ResponseForwarding>,
    /// How servers are reached.
    pub servers_transport: String,
    /// `wrr`; others are served as `wrr`.
    pub strategy: String,
    /// Not used: a server that cannot be connected to is passed over anyway.
    pub passive_health_check: Option<BTreeMap<String, String>>,
}

impl Default for LoadBalancer {
    fn default() -> Self {
        LoadBalancer {
            servers: Vec::new(),
            server: None,
            pass_host_header: true,
            sticky: None,
            health_check: None,
            response_forwarding: None,
            servers_transport: String::new(),
            strategy: String::new(),
            passive_health_check: None,
        }
    }
}

/// One server.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Server {
    /// The whole address.
    pub url: String,
    /// In labels: the container's port.
    pub port: String,
    /// In labels: `http`, `https` or `h2c`.
    pub scheme: String,
    /// Its share; 1 when absent.
    pub weight: Option<u32>,
    /// Put the URL's path in front.
    pub preserve_path: bool,
}

/// Keep a client on its server.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Sticky {
    /// By a cookie.
    pub cookie: Option<Cookie>,
}

/// The cookie that names a server.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Cookie {
    /// Its name; one is made up when empty.
    pub name: String,
    /// Over TLS only.
    pub secure: bool,
    /// Not for scripts.
    pub http_only: bool,
    /// `none`, `lax` or `strict`.
    pub same_site: String,
    /// Seconds.
    pub max_age: i64,
    /// Its path; `/` when absent.
    pub path: Option<String>,
    /// Its domain.
    pub domain: String,
}

/// Ask servers whether they are well.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HealthCheck {
    /// What to ask for.
    pub path: String,
    /// How often.
    pub interval: Span,
    /// How often while it is not well.
    pub unhealthy_interval: Option<Span>,
    /// How long to wait.
    pub timeout: Span,
    /// Scheme in place of the server's.
    pub scheme: String,
    /// `http`; `grpc` is not understood.
    pub mode: String,
    /// Port in place of the server's.
    pub port: u16,
    /// `Host` of the question.
    pub hostname: String,
    /// Method of the question.
    pub method: String,
    /// The wanted status; 0: any 2xx and 3xx.
    pub status: u16,
    /// Read and not used: a redirect is an answer.
    pub follow_redirects: bool,
    /// Headers of the question.
    pub headers: BTreeMap<String, String>,
}

impl Default for HealthCheck {
    fn default() -> Self {
        let seconds = |seconds| Span(std::time::Duration::from_secs(seconds));
        HealthCheck {
            path: String::new(),
            interval: seconds(30),
            unhealthy_interval: None,
            timeout: seconds(5),
            scheme: String::new(),
            mode: String::new(),
            port: 0,
            hostname: String::new(),
            method: String::new(),
            status: 0,
            follow_redirects: true,
            headers: BTreeMap::new(),
        }
    }
}

/// How answers are passed on: at once, always.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ResponseForwarding {
    /// Read and not used.
    pub flush_interval: Span,
}

/// Services that share the load by weight.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Weighted {
    /// The services.
    pub services: Vec<WeightedService>,
    /// Keep a client on its service: read and not used.
    pub sticky: Option<Sticky>,
    /// Read and not used.
    pub health_check: Option<BTreeMap<String, String>>,
}

/// One of them.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct WeightedService {
    /// Its name.
    pub name: String,
    /// Its share; 1 when absent.
    pub weight: Option<u32>,
}

/// How servers are reached.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ServersTransport {
    /// Take any certificate.
    pub insecure_skip_verify: bool,
    /// Name in the certificate; not supported when set.
    pub server_name: String,
    /// Authorities beside the system's: files in PEM.
    #[serde(rename = "rootCAs")]
    pub root_cas: TextList,
    /// Read and not used.
    pub max_idle_conns_per_host: i64,
    /// Read and not used.
    pub forwarding_timeouts: Option<BTreeMap<String, String>>,
    /// Read and not used.
    pub disable_http2: bool,
}
