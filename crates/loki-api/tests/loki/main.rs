//! The API end to end: requests into the router, answers out, over a store in memory.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "test helpers"
)]

mod conformance;
mod memory;
mod requests;
mod robustness;
mod server;
mod tail;
