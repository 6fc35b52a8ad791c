//! Loki's HTTP API over the store and the query engine.
//!
//! The door of `stored -> queried`, and of foreign senders into `routed -> stored`. The only crate
//! that knows Loki's wire form; behaviour and texts are those of Loki 3.7, differences are listed
//! in docs/compatibility.md. Knows no storage format and evaluates no query itself.

#![forbid(unsafe_code)]

mod caller;
mod config;
mod counts;
mod delete;
mod detected;
mod encode;
mod json;
mod labels;
mod limits;
mod operate;
mod parameters;
mod patterns;
mod push;
mod query;
mod reply;
mod routes;
mod rules;
mod state;
mod stats;
mod status;
mod tail;
mod times;
mod volume;

pub use config::Config;
pub use routes::http;
pub use state::LokiApi;
