//! The gateway over real sockets.

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test reports by panicking, its helpers too"
)]

mod behaviour;
mod case;
mod corpus;
mod http2;
mod world;
