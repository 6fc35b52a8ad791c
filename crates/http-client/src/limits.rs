//! Bounds of this crate, each with its reason.

/// Idle connections kept per host: an output has one or a few requests in flight.
pub const IDLE_CONNECTIONS_PER_HOST_MAX: usize = 8;

/// Idle connections are closed after this; many servers close them after 60 s.
pub const IDLE_SECONDS_MAX: u64 = 30;
