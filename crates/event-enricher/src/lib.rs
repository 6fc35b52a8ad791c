//! Process tree, users, containers: raw event to enriched event.
//!
//! Stage `kernel event -> enriched event`. Keeps what an event alone does not say (who the
//! process is, who its ancestors are, in which container it runs) and answers the fields of
//! rules, each only when it is asked for. Knows no rule and no probe; where an event came from
//! shows only in whether it has a `KernelContext`.

#![forbid(unsafe_code)]

mod apply;
mod caller;
mod config;
mod descriptor;
mod enriched;
mod enricher;
mod fields;
mod from_params;
mod lifecycle;
pub mod limits;
mod metrics;
mod path;
mod process;
mod procfs;
mod render;
mod replay;
mod socket;
mod table;
mod texts;
mod users;

#[cfg(test)]
mod testing;

pub use config::Config;
pub use enriched::Enriched;
pub use enricher::Enricher;
pub use replay::{Replayed, Replayer};
