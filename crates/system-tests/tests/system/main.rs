//! The built program on a real kernel with real containers.
//!
//! Each module is a promise of the README: rules fire and stay silent, alerts arrive, nothing is
//! lost or doubled by a kill, bad input is named, no process has rights or sockets it does not
//! need. A machine without BPF or Docker skips these tests and says so.

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test reports by panicking, its helpers too"
)]

mod bad_config;
mod bad_rules;
mod crash;
mod deploy;
mod full_disk;
mod gateway;
mod image;
mod ingest;
mod loop_disk;
mod no_rights;
mod page;
mod pipeline;
mod processes;
mod rules;
mod selftest;
mod stock_load;

use std::sync::{Mutex, MutexGuard};

/// One test at a time: each starts a whole service, and what one does on the host another's
/// sensor sees.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
