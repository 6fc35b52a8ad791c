//! Loads the probes and turns the ring buffer into events.
//!
//! First stage of the flow: `kernel event -> decoded event`. The only user of aya. Maps, ring and
//! links are pinned in bpffs: they outlive the process, and the next one goes on reading where
//! this one stopped. Knows no container, no rule and no alert.

mod bpffs;
mod clock;
mod config;
mod counters;
mod error;
mod install;
mod interest;
mod limits;
mod maps;
mod numbers;
mod prefixes;
mod ring;
mod sensor;

pub use config::Config;
pub use counters::{FamilyCounts, LossCount};
pub use error::{InterestError, PollError, StartError};
pub use sensor::{Gap, Sensor};
