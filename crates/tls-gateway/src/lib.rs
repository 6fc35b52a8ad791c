//! The door: listeners, TLS, route table, middlewares and upstreams.
//!
//! Sits between whoever comes over the network and the services behind it: our own (in this
//! process, without a hop) and containers. Knows neither labels nor files: it is handed a
//! [`dynamic::Http`] and makes a table of it, which is swapped without a failed request. Knows no
//! certificate either: rustls asks a resolver for them.
//!
//! The way of one request: `server::connection` (handshake) -> `server::gate` (framing) -> hyper ->
//! `server::handler` -> `request::check` -> `table` -> `middleware`s -> `upstream`, and the answer
//! back the same way to `server::respond`, which logs it.

#![forbid(unsafe_code)]

mod access_log;
mod address;
mod body;
pub mod dynamic;
mod exchange;
pub mod limits;
mod metrics;
mod middleware;
mod notice;
mod request;
pub mod rule;
mod server;
mod table;
mod upstream;

pub use access_log::AccessLog;
pub use body::{Body, BoxError};
pub use exchange::ClientAddress;
pub use middleware::UserRight;
pub use notice::{Notice, Severity};
pub use server::{
    Config, EntryPoint, Gate, Gateway, GatewayParts, Guards, Listening, ResolverOf, Resources, bind,
};
pub use table::{EntryPointNames, InternalRoute, Plan, Reach, Table};
pub use upstream::{Handler, HandlerFuture, in_process};
