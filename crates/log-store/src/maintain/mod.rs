//! What happens behind the writers' and readers' backs, on one thread: flush, compaction,
//! retention.

mod compact;
mod flush;
mod retain;
mod signal;
mod worker;

pub(crate) use flush::open_segments;
pub(crate) use retain::expire;
pub(crate) use signal::Maintenance;
pub(crate) use worker::{Worker, now_ns};
