//! Does the real system call and expects the event. One file per event family.
//!
//! Needs root, BTF and a BPF file system; without them every test says that it was skipped.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the helpers of tests fail like tests"
)]

mod calls;
mod calls_of_files;
mod calls_of_processes;
mod calls_of_sockets;
mod compat;
mod connect;
mod exec;
mod exit;
mod file;
mod filter;
mod fork;
mod hostile;
mod kernel_change;
mod layout;
mod open;
mod process;
mod restart;
mod socket;
mod watch;
