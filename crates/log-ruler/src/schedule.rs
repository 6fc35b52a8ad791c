//! When groups are evaluated, and what happens with the results.
//!
//! Each group has its own phase within its interval, so that not all are evaluated at once, and
//! every evaluation has an instant that is the same after a restart (Prometheus).

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use log_record::{Batch, Entry, Labels, StreamEntries};
use logql_engine::Sample;
use tokio::sync::Semaphore;

use crate::{
    evaluate::{self, LabelMap},
    group::{Rule, RuleKind},
    limits,
    notify::Notice,
    remote_write::{self, Recorded},
    ruler::{Live, Ruler},
};

/// How often the clock is looked at.
const TICK: Duration = Duration::from_millis(250);
/// How often rule files are looked at, in ticks.
const RELOAD_TICKS: u64 = 240;
/// How often the state of alerts is kept, in ticks.
const KEEP_TICKS: u64 = 40;

/// Nanoseconds since 1970, now.
pub(crate) fn now_ns() -> i64 {
    i64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX)
}

impl Ruler {
    /// Evaluates rules until the future is dropped.
    pub async fn run(self) {
        let slots = Arc::new(Semaphore::new(limits::EVALUATIONS_MAX));
        let mut clock = tokio::time::interval(TICK);
        clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        for tick in 1u64.. {
            clock.tick().await;
            for (tenant, live, at_ns) in self.due(now_ns()) {
                let (ruler, slots) = (self.clone(), slots.clone());
                tokio::spawn(async move {
                    if let Ok(slot) = slots.acquire_owned().await {
                        ruler.evaluate(tenant, &live, at_ns).await;
                        drop(slot);
                    }
                    live.run.lock().busy = false;
                });
            }
            let ruler = self.clone();
            let (reload, keep) = (tick % RELOAD_TICKS == 0, tick % KEEP_TICKS == 0);
            if reload || keep {
                let done = tokio::task::spawn_blocking(move || {
                    if reload {
                        ruler.reload_files();
                    }
                    ruler.keep(now_ns());
                });
                let _ = done.await;
            }
        }
    }

    /// Groups whose next instant has come; they count as busy from here on.
    fn due(&self, now_ns: i64) -> Vec<(String, Arc<Live>, i64)> {
        let default_ns = self.0.config.interval_ns();
        let groups = self.0.groups.lock();
        let mut due = Vec::new();
        for (tenant, namespaces) in groups.iter() {
            for (namespace, found) in namespaces {
                for live in &found.groups {
                    let interval_ns = live.group.interval_ns(default_ns);
                    let at_ns =
                        instant(now_ns, interval_ns, &format!("{tenant}/{namespace}/{}", live.group.name));
                    let mut run = live.run.lock();
                    if !run.busy && at_ns > run.last_ns {
                        run.busy = true;
                        due.push((tenant.clone(), live.clone(), at_ns));
                    }
                }
            }
        }
        due
    }

    /// Evaluates all rules of a group in their order.
    pub(crate) async fn evaluate(&self, tenant: String, live: &Arc<Live>, at_ns: i64) {
        let (ruler, group, owner) = (self.clone(), live.clone(), tenant.clone());
        // Queries block.
        let recorded = tokio::task::spawn_blocking(move || ruler.evaluate_rules(&owner, &group, at_ns)).await;
        let recorded = recorded.unwrap_or_default();
        if !recorded.is_empty() {
            self.record(tenant, recorded).await;
        }
    }

    fn evaluate_rules(&self, tenant: &str, live: &Live, at_ns: i64) -> Vec<Recorded> {
        let started = Instant::now();
        let mut recorded = Vec::new();
        for (index, rule) in live.group.rules.iter().enumerate() {
            let began = Instant::now();
            let outcome = evaluate::query(&self.0.engine, tenant, &live.group, rule, at_ns)
                .and_then(|samples| self.take(live, index, rule, &samples, at_ns, &mut recorded));
            self.0.metrics.evaluations.increment();
            if let Err(error) = &outcome {
                self.0.metrics.failures.increment();
                tracing::warn!(
                    tenant,
                    group = live.group.name,
                    rule = rule.name(),
                    error,
                    "a rule was not evaluated"
                );
            }
            let mut run = live.run.lock();
            if let Some(state) = run.rules.get_mut(index) {
                state.last_ns = at_ns;
                state.seconds = began.elapsed().as_secs_f64();
                state.error = outcome.err().unwrap_or_default();
            }
        }
        let mut run = live.run.lock();
        run.last_ns = at_ns;
        run.seconds = started.elapsed().as_secs_f64();
        recorded
    }

    fn take(
        &self,
        live: &Live,
        index: usize,
        rule: &Rule,
        samples: &[Sample],
        at_ns: i64,
        recorded: &mut Vec<Recorded>,
    ) -> Result<(), String> {
        let external = &self.0.config.external_labels;
        if rule.kind() == RuleKind::Recording {
            recorded.extend(samples.iter().map(|sample| {
                let mut labels = external.clone();
                labels.extend(sample.labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
                labels.extend(live.group.labels.clone());
                labels.extend(rule.labels.clone());
                labels.insert("__name__".to_owned(), rule.record.clone());
                labels.retain(|_, value| !value.is_empty());
                Recorded { labels, value: sample.value, time_ns: at_ns }
            }));
            return Ok(());
        }
        let resend_ns = self.0.config.resend_ns();
        let valid_ns = live.group.interval_ns(self.0.config.interval_ns()).max(resend_ns).saturating_mul(4);
        let mut run = live.run.lock();
        let Some(state) = run.rules.get_mut(index) else { return Ok(()) };
        evaluate::alerts(&live.group, rule, external, samples, &mut state.alerts, at_ns)?;
        for alert in state.alerts.values_mut().filter(|alert| alert.is_due(at_ns, resend_ns)) {
            alert.sent_at_ns = at_ns;
            let source = self.0.config.external_url.clone();
            self.0.notifier.send(Notice::new(alert, external, source, at_ns, valid_ns));
        }
        Ok(())
    }

    /// Hands recorded samples to whoever is to have them.
    async fn record(&self, tenant: String, recorded: Vec<Recorded>) {
        let count = recorded.len() as u64;
        let mut taken = true;
        if let Some(target) = &self.0.remote_write
            && let Err(reason) = remote_write::send(&self.0.client, target, &recorded).await
        {
            tracing::warn!(server = target.server(), reason, "recorded samples were not taken");
            taken = false;
        }
        if self.0.config.record_in_store {
            let batch = Batch { tenant, streams: streams(&recorded), mark: None };
            if let Err(error) = self.0.writer.append(batch).await {
                tracing::warn!(%error, "recorded samples were not stored");
                taken = false;
            }
        }
        if taken { self.0.metrics.recorded.add(count) } else { self.0.metrics.lost.add(count) }
    }
}

/// The last instant of a group's schedule.
fn instant(now_ns: i64, interval_ns: i64, name: &str) -> i64 {
    let hash = xxhash_rust::xxh3::xxh3_64(name.as_bytes());
    let phase = i64::try_from(hash % u64::try_from(interval_ns).unwrap_or(1).max(1)).unwrap_or(0);
    let shifted = now_ns.saturating_sub(phase);
    shifted - shifted.rem_euclid(interval_ns) + phase
}

/// One stream per recording rule; a line reads like a sample, its parts are structured metadata.
fn streams(recorded: &[Recorded]) -> Vec<StreamEntries> {
    let mut streams: Vec<StreamEntries> = Vec::new();
    for sample in recorded {
        let name = sample.labels.get("__name__").map_or("", String::as_str);
        let labels = Labels::new([("recording_rule", name), ("service_name", "quaywatch_ruler")]);
        let value = logql_syntax::format_float(sample.value);
        let own: LabelMap = sample
            .labels
            .iter()
            .filter(|(name, _)| *name != "__name__")
            .map(|(n, v)| (n.clone(), v.clone()))
            .collect();
        let texts: Vec<String> =
            own.iter().map(|(name, value)| format!("{name}={}", logql_syntax::quote(value))).collect();
        let mut metadata: Vec<(String, String)> = own.into_iter().collect();
        metadata.push(("value".to_owned(), value.clone()));
        metadata.push(("detected_level".to_owned(), "info".to_owned()));
        let line = format!("{name}{{{}}} {value}", texts.join(","));
        let entry = Entry { timestamp_ns: sample.time_ns, line, metadata };
        match streams.iter_mut().find(|stream| stream.labels == labels) {
            Some(stream) => stream.entries.push(entry),
            None => streams.push(StreamEntries { labels, entries: vec![entry] }),
        }
    }
    streams
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_an_interval_apart_and_not_in_the_future() {
        let interval = 60_000_000_000;
        let first = instant(1_000_000_000_000, interval, "a");
        assert!(first <= 1_000_000_000_000 && first > 1_000_000_000_000 - interval);
        assert_eq!(instant(first + interval, interval, "a"), first + interval);
        assert_eq!(instant(first + interval - 1, interval, "a"), first);
        assert_ne!(instant(first, interval, "b"), first);
    }
}
