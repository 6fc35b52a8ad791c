//! Helpers of tests: the real binary, real containers, waiting for what must come, asking by
//! HTTP and LogQL.
//!
//! Beside the flow, used by tests only. Everything here fails by panicking, with what was waited
//! for and what was seen, because a test's helper has nobody to hand an error to. Whatever it
//! starts ends when its value is dropped.

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests reports by panicking"
)]

mod await_until;
mod binary;
mod capability;
mod docker;
mod http;
mod image;
mod logql;
mod output_lines;
mod process;
mod random;
mod service;

pub use await_until::{PATIENCE, await_some, await_until};
pub use binary::{binary, repository_root};
pub use capability::{Capability, skipped, unavailable};
pub use docker::{Container, Docker, Output, RunOptions};
pub use http::{Answer, request};
pub use image::{Image, remove_leftovers};
pub use logql::{Line, LogQl};
pub use output_lines::OutputLines;
pub use process::{child_named, children, environment_of, kill, parent_of, sockets_listening, user_of};
pub use random::{Random, seed};
pub use service::{Ports, Quaywatch, Setup};

/// Ends the test with `skipped: …` when one of these capabilities is not there.
///
/// Where `QUAYWATCH_MUST_RUN` names the capability it fails instead: a machine that could have
/// run the test must not pass without it.
#[macro_export]
macro_rules! require {
    ($($capability:ident),+ $(,)?) => {
        $(
            if let Some(reason) = $crate::unavailable($crate::Capability::$capability) {
                $crate::skipped($crate::Capability::$capability, &reason);
                return;
            }
        )+
    };
}
