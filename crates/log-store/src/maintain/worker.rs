//! The maintenance thread: one round after another, woken by a full memtable or the clock.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use super::{
    compact::compact,
    flush::{WorkError, flush},
    retain::expire,
};
use crate::shared::Shared;

/// How long the thread sleeps when nobody wakes it.
const PERIOD: Duration = Duration::from_secs(1);

/// How often retention looks at the clock.
const RETENTION_PERIOD: Duration = Duration::from_secs(30);

/// State of the thread.
#[derive(Debug)]
pub(crate) struct Worker {
    shared: Arc<Shared>,
    /// Only drives `object_store`'s futures.
    runtime: tokio::runtime::Runtime,
    retained: Option<Instant>,
}

impl Worker {
    pub(crate) fn new(shared: Arc<Shared>) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build()?;
        Ok(Worker { shared, runtime, retained: None })
    }

    /// Runs until the store closes.
    pub(crate) fn run(mut self) {
        let mut period = PERIOD;
        while let Some(flush_wanted) = self.shared.maintenance.wait(period) {
            let failure = self.round(flush_wanted).err();
            period = if failure.is_some() { PERIOD * 5 } else { PERIOD };
            if let Some(failure) = &failure {
                self.shared.metrics.flush_failures.increment();
                tracing::error!(error = %failure, "store maintenance failed, will be tried again");
            }
            self.shared.maintenance.end_round(failure.map(|failure| failure.to_string()));
        }
    }

    fn round(&mut self, flush_wanted: bool) -> Result<(), WorkError> {
        flush(&self.shared, &self.runtime)?;
        let age_max = Duration::from_secs(self.shared.config.flush_age_s);
        let is_due = {
            let state = self.shared.state.read();
            let is_old = state.active.since.is_some_and(|since| since.elapsed() >= age_max);
            state.active.rows > 0 && (flush_wanted || is_old)
        };
        if is_due && self.shared.state.write().freeze() {
            flush(&self.shared, &self.runtime)?;
        }
        compact(&self.shared, &self.runtime)?;
        if self.retained.is_none_or(|last| last.elapsed() >= RETENTION_PERIOD) || flush_wanted {
            self.retained = Some(Instant::now());
            expire(&self.shared, now_ns())?;
        }
        Ok(())
    }
}

/// Nanoseconds since 1970.
pub(crate) fn now_ns() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}
