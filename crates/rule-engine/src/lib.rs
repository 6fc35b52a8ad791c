//! Compiled rules times enriched event gives alerts.
//!
//! Stage `enriched event -> alert` of the flow. [`Engine`] looks up the rules that can match an
//! event's code, evaluates their conditions on any [`event::FieldSource`], each distinct part at
//! most once per event, and renders the alert of a match. Knows no event source, no output and no
//! queue.

#![forbid(unsafe_code)]

mod chances;
mod columns;
mod config;
mod cost;
mod engine;
mod evaluate;
mod falco_config;
mod falco_line;
mod plan;
mod profile;
mod render;
#[cfg(test)]
mod tests;
mod words;

pub use columns::Columns;
pub use config::{Config, ConfigError, RuleMatching};
pub use engine::Engine;
pub use falco_config::{FalcoConfig, OptionError};
pub use falco_line::LineShape;
pub use profile::RuleCost;
