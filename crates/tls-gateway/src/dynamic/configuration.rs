//! Routers, services and middlewares by name, and who said so.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Middleware, ServersTransport, Service, TextList};

/// The `http` section of a dynamic configuration.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Http {
    /// By name.
    pub routers: BTreeMap<String, Router>,
    /// By name.
    pub services: BTreeMap<String, Service>,
    /// By name.
    pub middlewares: BTreeMap<String, Middleware>,
    /// By name; files only.
    pub servers_transports: BTreeMap<String, ServersTransport>,
}

/// A router: which requests, through which middlewares, to which service.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Router {
    /// Names of entry points; none: all.
    pub entry_points: TextList,
    /// In this order.
    pub middlewares: TextList,
    /// The service's name.
    pub service: String,
    /// The rule.
    pub rule: String,
    /// Wins over others when higher; 0: the rule's length.
    pub priority: i64,
    /// Over TLS.
    pub tls: Option<RouterTls>,
    /// `v2` is not understood.
    pub rule_syntax: String,
    /// Switches of Traefik's observability; read and not used.
    pub observability: Option<BTreeMap<String, String>>,
    /// Rule of a parent router of newer Traefiks; not understood.
    pub parent_refs: TextList,
}

/// How a router's TLS is set up.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RouterTls {
    /// Name of TLS options.
    pub options: String,
    /// Name of an ACME resolver.
    pub cert_resolver: String,
    /// Names for the certificate.
    pub domains: Vec<TlsDomain>,
}

/// Names for one certificate.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TlsDomain {
    /// The first.
    pub main: String,
    /// More.
    pub sans: TextList,
}

/// Who said so. The order is the order of trust.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Quaywatch itself.
    Internal,
    /// A file the administrator wrote.
    File,
    /// Labels of one container, or of containers that trust each other.
    Labels(String),
}

/// A configuration and who said so.
#[derive(Debug, Clone, PartialEq)]
pub struct Sourced {
    /// Whose words.
    pub origin: Origin,
    /// What notices call it: `container loki`, `file routes.yaml`.
    pub title: String,
    /// The words.
    pub http: Http,
}
