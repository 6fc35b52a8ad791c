//! What tests of this crate and of outputs share. Not part of a release build.
//!
//! [`compliance`] is the harness that every output runs: it drives the output through a real
//! router and asks a [`Target`] (a sink the test can break) what arrived.

mod compliance;
mod fixtures;
mod mock;

pub use compliance::{Answer, Target, check as compliance};
pub use fixtures::{alert, config, incoming, until};
pub use mock::{MockOutput, MockTarget};
