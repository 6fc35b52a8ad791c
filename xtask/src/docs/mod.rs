//! Turns the doc comments and defaults of the `Config` structs into `docs/configuration.md`, and
//! the compose file into what TrueNAS and Portainer expect.
//!
//! Reads Rust as text: the structs are plain by rule, and what is not understood fails.

mod all;
mod defaults;
mod deploy;
mod page;
mod source;

pub(crate) use all::run;
