//! The outputs an alert can be delivered to: one folder each, one explicit list here.
//!
//! The last stage of `alert -> routed`. Knows the router's `Output` and the wire forms of the
//! outputs; knows no queue and no retry.

#![forbid(unsafe_code)]

pub mod limits;
mod list;
pub mod stdout;
pub mod store;
#[cfg(test)]
mod tests;
pub mod webhook;

pub use store::TENANT;

pub use list::{Config, Description, OUTPUTS, OutputError, Resources, build};
