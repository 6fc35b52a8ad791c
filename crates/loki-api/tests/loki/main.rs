//! The API end to end: requests into the router, answers out, over a store in memory.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test helpers")]

mod conformance;
mod memory;
mod robustness;
mod server;
