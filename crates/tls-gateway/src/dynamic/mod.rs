//! The dynamic configuration, in Traefik's shape: what labels and files are decoded into, and
//! what a route table is built from.
//!
//! Knows no label and no file. Names are as written by their provider; [`Origin`] says whose
//! they are.

mod configuration;
mod duration;
mod middleware;
mod service;
mod text_list;

pub use configuration::{Http, Origin, Router, RouterTls, Sourced, TlsDomain};
pub use duration::Span;
pub use middleware::{
    AddPrefix, BasicAuth, Buffering, Chain, Compress, ContentType, DigestAuth, EncodedCharacters, Errors,
    ForwardAuth, Headers, InFlightReq, IpAllowList, IpStrategy, Middleware, RateLimit, RedirectRegex,
    RedirectScheme, ReplacePath, ReplacePathRegex, Retry, SourceCriterion, StripPrefix, StripPrefixRegex,
};
pub use service::{
    Cookie, HealthCheck, LoadBalancer, ResponseForwarding, Server, ServersTransport, Service, Sticky,
    Weighted, WeightedService,
};
pub use text_list::TextList;
