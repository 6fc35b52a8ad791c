//! Evaluates LogQL rules on a schedule: alerting rules become alerts at an Alertmanager, recording
//! rules become samples in the store and at a Prometheus.
//!
//! Beside `stored -> queried`: reads through the query engine, writes through the log writer.
//! Groups of rules come from files and from the API, in Prometheus' YAML. States, texts and
//! timing are those of Loki's ruler. Knows no wire form of Loki's.

#![forbid(unsafe_code)]

mod alert;
mod config;
mod evaluate;
mod folder;
mod group;
mod kept;
mod limits;
mod notify;
mod remote_write;
mod ruler;
mod schedule;
#[cfg(test)]
mod tests;
mod yaml;

pub use alert::{Alert, AlertState};
pub use config::Config;
pub use group::{Rule, RuleError, RuleGroup, RuleKind};
pub use ruler::{GroupStatus, RuleStatus, Ruler};
