//! The sensor's half of the flow: `kernel event -> enriched event -> rule match -> spooled alert`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use alert::{AlertId, Epoch, Sequence};
use alert_router::journal::{AppendError, Journal};
use anyhow::Result;
use event::{Event, KernelContext, RingPosition};
use event_enricher::Enricher;
use rule_engine::Engine;
use sensor::Sensor;
use telemetry::Counter;

use super::{losses::Losses, reload::Rules, state_log::StateLog, watch::WatchList};
use crate::recorder::{self, OnAlert};

/// How long one look at an empty ring buffer may sleep; bounds how late a stop is noticed.
const POLL_MS: u64 = 100;
/// Pause before a full spool is tried again. Meanwhile the ring buffer fills, and the kernel
/// counts what does not fit.
const SPOOL_FULL_PAUSE_MS: u64 = 100;

/// Everything the loop owns.
pub(crate) struct Detector {
    pub(crate) sensor_id: String,
    pub(crate) probes: Sensor,
    pub(crate) enricher: Enricher,
    pub(crate) engine: Engine,
    pub(crate) losses: Losses,
    pub(crate) rules: Arc<Rules>,
    pub(crate) spool: Journal,
    pub(crate) state: StateLog,
    pub(crate) state_failures: Counter,
    pub(crate) watch: Arc<WatchList>,
    pub(crate) captures: Option<OnAlert>,
    pub(crate) stop: Arc<AtomicBool>,
    pub(crate) events: Counter,
    pub(crate) alerts: Counter,
    pub(crate) too_large: Counter,
}

impl Detector {
    /// Runs until told to stop. What was read from the ring buffer is given back only after the
    /// alerts it made are in the spool, so a kill at any moment is followed by reading it again.
    pub(crate) fn run(mut self) -> Result<()> {
        // What the predecessor knew, for processes that ended while no sensor was reading.
        let enricher = &mut self.enricher;
        let known = self.state.replay(&mut |event| drop(enricher.enrich(event)))?;
        if known > 0 {
            tracing::info!(events = known, "took over what the last sensor knew of processes");
        }
        // The probes are attached already: a process that starts during the scan makes an event,
        // so none falls between the scan and the first event.
        self.enricher.scan_proc();
        let mut lines = Vec::new();
        let mut is_capturing = false;
        while !self.stop.load(Ordering::Acquire) {
            if let Some(rules) = self.rules.take_new() {
                self.probes.set_interest(&rules.interest())?;
                self.engine.swap(rules);
                is_capturing = false;
            }
            self.read_batch(&mut lines)?;
            self.look_at_captures(&mut is_capturing)?;
            if let Some((id, alert)) = self.losses.look(&self.probes) {
                tracing::warn!(output = alert.output, "kernel events were lost");
                lines.push(spool_line(&id, &alert));
            }
            if !lines.is_empty() {
                self.spool(&lines);
                lines.clear();
            }
            // Without it a killed sensor's successor knows less: no reason to stop watching.
            if let Err(error) = self.state.write() {
                self.state_failures.increment();
                tracing::debug!(%error, "the process tree's log cannot be written");
            }
            self.probes.release();
        }
        Ok(())
    }

    /// While a capture is being written the kernel ships every event, not those alone that rules
    /// can use.
    fn look_at_captures(&mut self, is_capturing: &mut bool) -> Result<()> {
        let Some(captures) = &mut self.captures else { return Ok(()) };
        captures.tick();
        if captures.is_running() != *is_capturing {
            *is_capturing = captures.is_running();
            let interest =
                if *is_capturing { recorder::everything() } else { self.engine.rules().interest() };
            self.probes.set_interest(&interest)?;
        }
        Ok(())
    }

    /// One batch of events through enrichment and rules; matches become lines for the spool.
    fn read_batch(&mut self, lines: &mut Vec<String>) -> Result<()> {
        let epoch = Epoch(self.probes.epoch());
        let Detector { sensor_id, probes, enricher, engine, state, watch, captures, events, alerts, .. } =
            self;
        let rules = Arc::clone(engine.rules());
        let mut handle = |event: Event<'_>| {
            events.increment();
            state.note(&event);
            let enriched = enricher.enrich(&event);
            watch.note_event(&enriched);
            let mut match_index = 0;
            engine.evaluate(&enriched, &mut |mut alert| {
                watch.note_match(&enriched, &alert.rule);
                if let Some(captures) = captures {
                    captures.matched(&event, &rules, &alert.rule);
                }
                let id = AlertId {
                    sensor: sensor_id.clone(),
                    epoch,
                    sequence: Sequence(sequence_of(event.context.as_ref(), match_index)),
                };
                match_index += 1;
                alert.uuid = id.uuid();
                alerts.increment();
                lines.push(spool_line(&id, &alert));
            });
            if let Some(captures) = captures {
                captures.after(&event);
            }
        };
        probes.poll(Duration::from_millis(POLL_MS), &mut handle)?;
        Ok(())
    }

    /// Returns once the alerts are in the spool; a full spool is waited for.
    fn spool(&self, lines: &[String]) {
        let mut complained = false;
        while !self.stop.load(Ordering::Acquire) {
            match self.spool.append_sync(lines) {
                Ok(_) => return,
                // One alert is too large: the others must not be lost with it.
                Err(AppendError::TooLarge { .. }) if lines.len() > 1 => {
                    for line in lines {
                        self.spool(std::slice::from_ref(line));
                    }
                    return;
                }
                Err(error @ AppendError::TooLarge { .. }) => {
                    tracing::error!(%error, "an alert does not fit the spool and is lost");
                    self.too_large.increment();
                    return;
                }
                Err(error) => {
                    if !complained {
                        tracing::error!(%error, "the spool takes no alerts: waiting");
                        complained = true;
                    }
                    std::thread::sleep(Duration::from_millis(SPOOL_FULL_PAUSE_MS));
                }
            }
        }
    }
}

/// The event's place in the ring buffer, plus the index of the match at that event: events are
/// at least 32 bytes apart, so the sum never meets another event's.
fn sequence_of(context: Option<&KernelContext>, match_index: u64) -> u64 {
    let RingPosition(position) = context.map_or(RingPosition(0), |context| context.position);
    position.saturating_add(match_index)
}

/// One line of what the hub's `/sensor/v1/alerts` takes.
fn spool_line(id: &AlertId, alert: &alert::Alert) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!(
        r#"{{"sensor":"{}","epoch":{},"sequence":{},"matched_ns":{},"alert":{}}}"#,
        id.sensor,
        id.epoch.0,
        id.sequence.0,
        since.as_nanos(),
        alert.to_json_line(),
    )
}
