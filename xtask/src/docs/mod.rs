//! Turns the doc comments and defaults of the `Config` structs into `docs/configuration.md`.
//!
//! Reads Rust as text: the structs are plain by rule, and what is not understood fails.

mod defaults;
mod page;
mod source;

pub(crate) use page::run;
