//! What a replay costs: CPU time of decoding, state and rules, told apart by leaving out the
//! later ones.

use std::path::Path;

use anyhow::Result;
use capture_file::CapturedEvent;
use event::FieldSource;
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

use super::{
    alerts::Alerts,
    recording::{Next, Recording, Visit},
};

/// Costs of one replay; times are CPU time of the whole process.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Cost {
    /// Events with a number.
    pub(crate) events: u64,
    /// Alerts of one replay.
    pub(crate) alerts: u64,
    /// Replays measured; the figures are those of the median one.
    pub(crate) repeats: usize,
    /// Reading, decompressing and converting events.
    pub(crate) decode_ns_per_event: f64,
    /// Process, descriptor and user state.
    pub(crate) state_ns_per_event: f64,
    /// Fields and rules.
    pub(crate) rules_ns_per_event: f64,
    /// The sum.
    pub(crate) total_ns_per_event: f64,
    /// CPU seconds of one whole replay.
    pub(crate) cpu_seconds: f64,
    /// Largest resident set of this process.
    pub(crate) rss_max_mb: f64,
}

/// Replays a capture `repeats` times in each of the three ways.
pub(crate) fn measure(path: &Path, alerts: &mut Alerts, repeats: usize) -> Result<Cost> {
    let repeats = repeats.max(1);
    let (mut decode, mut state, mut all) = (Vec::new(), Vec::new(), Vec::new());
    let mut cost = Cost { repeats, ..Cost::default() };
    for _ in 0..repeats {
        decode.push(timed(|| Ok(Recording::open(path)?.decode()?))?);
        state.push(timed(|| Recording::open(path)?.run(&mut Nothing))?);
        let mut counter = Counter { alerts, count: 0 };
        all.push(timed(|| {
            let mut recording = Recording::open(path)?;
            recording.run(&mut counter)?;
            cost.events = recording.numbered;
            Ok(())
        })?);
        cost.alerts = counter.count;
    }
    let (decode, state, all) = (median(decode), median(state), median(all));
    let per_event = |seconds: f64| seconds * 1e9 / (cost.events.max(1) as f64);
    cost.decode_ns_per_event = per_event(decode);
    cost.state_ns_per_event = per_event(state - decode);
    cost.rules_ns_per_event = per_event(all - state);
    cost.total_ns_per_event = per_event(all);
    cost.cpu_seconds = all;
    cost.rss_max_mb = rss_max_mb();
    Ok(cost)
}

/// State alone.
struct Nothing;

impl Visit for Nothing {
    fn event<S: FieldSource>(&mut self, _event: &CapturedEvent<'_>, _source: &S) -> Result<Next> {
        Ok(Next::Go)
    }
}

struct Counter<'a> {
    alerts: &'a mut Alerts,
    count: u64,
}

impl Visit for Counter<'_> {
    fn event<S: FieldSource>(&mut self, _event: &CapturedEvent<'_>, source: &S) -> Result<Next> {
        let count = &mut self.count;
        self.alerts.evaluate(source, &mut |_| *count += 1);
        Ok(Next::Go)
    }
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = cpu_seconds();
    work()?;
    Ok(cpu_seconds() - start)
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// `VmHWM` of this process.
fn rss_max_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes =
        line.and_then(|line| line.trim().split(' ').next()).and_then(|text| text.parse::<f64>().ok());
    kilobytes.unwrap_or_default() / 1024.0
}
