//! Durable intake of alerts and delivery to outputs.
//!
//! Sits between rule engine (or a foreign Falco) and outputs: alerts come in through [`ingest`],
//! are durable in the [`journal`] before anybody is told so, and from there go to every [`Output`]
//! at its own pace. Knows no output by name, no rule and no store.
//!
//! Invariants: an accepted alert is delivered to the store or still in the queue, whatever is
//! killed when; an alert of our own sensors is accepted once (by its identity); an output that is
//! down or hangs delays no other.

#![forbid(unsafe_code)]

mod announcer;
mod backoff;
mod clock;
mod config;
mod dead_letter;
mod delivery;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod ingest;
mod intake;
pub mod journal;
#[cfg(test)]
mod kill_tests;
mod lane;
pub mod limits;
mod marks;
mod metrics;
mod output;
mod payload;
mod router;
mod status;
mod tail;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod trace;

pub use clock::{Clock, FreeSpace, System};
pub use config::Config;
pub use output::{DeliveryError, Failure, Output, OutputKind, Queued};
pub use payload::Timings;
pub use router::{Accepted, Incoming, IngestError, Router, RouterError};
pub use status::{OutputState, OutputStatus, RouterStatus};
pub use trace::Trace;
