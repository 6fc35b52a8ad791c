//! The API end to end: requests into the router, answers out, over a store in memory.

mod conformance;
mod memory;
mod robustness;
mod server;
