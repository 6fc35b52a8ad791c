//! What a caller asks.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use log_record::Direction;

/// A flag that stops a running query. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Stops the query at its next block.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A query at one instant.
#[derive(Debug, Clone)]
pub struct InstantParams {
    /// Whose data.
    pub tenant: String,
    /// LogQL.
    pub query: String,
    /// The instant, nanoseconds since 1970.
    pub time_ns: i64,
    /// Stops it.
    pub cancel: Cancel,
}

/// A query over a time range.
#[derive(Debug, Clone)]
pub struct RangeParams {
    /// Whose data.
    pub tenant: String,
    /// LogQL.
    pub query: String,
    /// Start, included.
    pub start_ns: i64,
    /// End; excluded for lines, included for the steps of a metric query.
    pub end_ns: i64,
    /// Distance of the steps of a metric query.
    pub step_ns: i64,
    /// Least distance of returned lines; 0 returns all.
    pub interval_ns: i64,
    /// Most lines.
    pub limit: usize,
    /// Order of the lines.
    pub direction: Direction,
    /// Stops it.
    pub cancel: Cancel,
}
