//! The maintenance thread: one round after another, woken by a full memtable or the clock.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use super::{
    compact::compact,
    flush::{WorkError, flush},
    quarantine::set_aside_damaged,
    retain::{expire, expire_streams},
};
use crate::{
    chain::{ChainEvent, seal_missing},
    delete::process_due,
    shared::Shared,
};

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

    /// What must be done for writers first; what fails behind it is tried again, and stops neither
    /// writers nor the rest.
    fn round(&mut self, flush_wanted: bool) -> Result<(), WorkError> {
        self.flush(flush_wanted)?;
        let (shared, runtime) = (&self.shared, &self.runtime);
        let now = now_ns();
        let mut results = vec![
            set_aside_damaged(shared),
            seal_missing(shared),
            process_due(shared, runtime),
            compact(shared, runtime).map(drop),
            checkpoint(shared, now),
        ];
        if self.retained.is_none_or(|last| last.elapsed() >= RETENTION_PERIOD) || flush_wanted {
            self.retained = Some(Instant::now());
            results.push(expire(shared, now));
            results.push(expire_streams(shared, runtime, now));
        }
        for failure in results.into_iter().filter_map(Result::err) {
            shared.suspect(&failure);
            shared.metrics.flush_failures.increment();
            tracing::error!(error = %failure, "store maintenance failed, will be tried again");
        }
        Ok(())
    }

    fn flush(&mut self, flush_wanted: bool) -> Result<(), WorkError> {
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
        Ok(())
    }
}

/// Gives the chain an entry for the batches that came since the last one, if it is time.
fn checkpoint(shared: &Shared, now_ns: i64) -> Result<(), WorkError> {
    let period_ns =
        i64::try_from(shared.config.chain_entry_s.saturating_mul(1_000_000_000)).unwrap_or(i64::MAX);
    let mut manifest = shared.manifest.lock();
    let is_due = period_ns > 0 && now_ns.saturating_sub(manifest.chain.at_ns) >= period_ns;
    let batches = shared.state.read().batches;
    if !is_due || batches.sequence <= manifest.chain.batches_sequence {
        return Ok(());
    }
    let event = ChainEvent::Batches { last_sequence: batches.sequence, batches: batches.head.to_string() };
    let next = manifest.clone();
    shared.commit(&mut manifest, next, vec![event])?;
    Ok(())
}

/// Nanoseconds since 1970.
pub(crate) fn now_ns() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}
