//! What happens behind the writers' and readers' backs, on one thread: flush, compaction,
//! retention, delete requests, and what is damaged.

mod compact;
mod flush;
mod quarantine;
mod retain;
mod signal;
mod worker;

pub(crate) use compact::rewrite;
pub(crate) use flush::{WorkError, open_segments};
pub(crate) use quarantine::{gaps, set_aside_damaged};
pub(crate) use retain::{AgeRule, expire};
pub(crate) use signal::Maintenance;
pub(crate) use worker::{Worker, now_ns};
