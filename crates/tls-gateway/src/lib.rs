//! The door: listeners, TLS, route table, middlewares and upstreams.
//!
//! Sits between whoever comes over the network and the services behind it: our own (in this
//! process, without a hop) and containers. Knows neither labels nor files: it is handed a
//! [`dynamic::Http`] and makes a table of it, which is swapped without a failed request. Knows no
//! certificate either: rustls asks a resolver for them.

#![forbid(unsafe_code)]

mod address;
pub mod dynamic;
pub mod limits;
pub mod rule;
