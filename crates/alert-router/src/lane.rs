//! What an output's task and the rest of the router share: its state, its switch, its counters.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use crate::{
    limits::REASON_BYTES_MAX,
    metrics::OutputMetrics,
    output::OutputKind,
    status::{OutputState, OutputStatus},
};

/// One output as seen from outside.
pub(crate) struct Lane {
    pub(crate) name: String,
    pub(crate) kind: OutputKind,
    pub(crate) metrics: OutputMetrics,
    pub(crate) paused: watch::Sender<bool>,
    /// Ends a wait before a retry.
    pub(crate) hurry: Notify,
    position: AtomicU64,
    health: Mutex<Health>,
}

#[derive(Debug, Default)]
struct Health {
    failing_since_ns: Option<i64>,
    attempts: u32,
    last_error: Option<String>,
    last_delivered_ns: Option<i64>,
    delivered: u64,
    dead_letters: u64,
}

impl Lane {
    pub(crate) fn new(
        name: &str,
        kind: OutputKind,
        metrics: OutputMetrics,
        paused: bool,
        position: u64,
    ) -> Self {
        Lane {
            name: name.to_owned(),
            kind,
            metrics,
            paused: watch::Sender::new(paused),
            hurry: Notify::new(),
            position: AtomicU64::new(position),
            health: Mutex::default(),
        }
    }

    /// Everything up to here is done.
    pub(crate) fn position(&self) -> u64 {
        self.position.load(Ordering::Acquire)
    }

    pub(crate) fn advance(&self, position: u64, durable: u64) {
        self.position.fetch_max(position, Ordering::AcqRel);
        self.show_lag(durable);
    }

    pub(crate) fn show_lag(&self, durable: u64) {
        let lag = durable.saturating_sub(self.position());
        self.metrics.lag.set(i64::try_from(lag).unwrap_or(i64::MAX));
    }

    pub(crate) fn delivered(&self, alerts: u64, now_ns: i64) {
        self.metrics.delivered.add(alerts);
        self.metrics.failing.set(0);
        let mut health = self.health.lock();
        if health.failing_since_ns.take().is_some() {
            tracing::info!(output = self.name, failures = health.attempts, "deliveries succeed again");
        }
        health.attempts = 0;
        health.delivered += alerts;
        health.last_delivered_ns = Some(now_ns);
    }

    /// A delivery failed and will be tried again. Only the first failure in a row is logged.
    pub(crate) fn failed(&self, reason: &str, now_ns: i64) {
        self.metrics.failures.increment();
        self.metrics.failing.set(1);
        let reason = bounded(reason);
        let mut health = self.health.lock();
        if health.failing_since_ns.is_none() {
            tracing::warn!(output = self.name, reason, "deliveries fail; alerts wait in the queue");
        }
        health.failing_since_ns.get_or_insert(now_ns);
        health.attempts = health.attempts.saturating_add(1);
        health.last_error = Some(reason);
    }

    /// The output refused an alert for good.
    pub(crate) fn dead(&self, reason: &str, _now_ns: i64) {
        self.metrics.failures.increment();
        tracing::warn!(output = self.name, reason, "an alert was refused and goes to the dead letters");
        self.health.lock().last_error = Some(reason.to_owned());
    }

    /// The refused alert is kept.
    pub(crate) fn buried(&self) {
        self.metrics.dead_letters.increment();
        self.health.lock().dead_letters += 1;
    }

    pub(crate) fn status(&self, durable: u64) -> OutputStatus {
        let position = self.position();
        let health = self.health.lock();
        let state = match (health.failing_since_ns, *self.paused.borrow()) {
            (_, true) => OutputState::Paused,
            (Some(since_ns), false) => OutputState::Retrying { since_ns, attempts: health.attempts },
            (None, false) => OutputState::Ok,
        };
        OutputStatus {
            name: self.name.clone(),
            kind: self.kind,
            position,
            lag: durable.saturating_sub(position),
            state,
            last_error: health.last_error.clone(),
            last_delivered_ns: health.last_delivered_ns,
            delivered: health.delivered,
            dead_letters: health.dead_letters,
        }
    }
}

/// A reason may quote a foreign answer: cut to its bound at a character.
pub(crate) fn bounded(reason: &str) -> String {
    let mut end = reason.len().min(REASON_BYTES_MAX);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason.get(..end).unwrap_or_default().to_owned()
}
