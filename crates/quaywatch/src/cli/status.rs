//! `quaywatch status`: what the sensor on this host says of itself, over the hub's local socket.
//!
//! Shows what was seen, shipped, filtered and lost of each kind of kernel events, so that no loss
//! is silent. Knows nothing that is not in the sensor's own report.

use std::{collections::BTreeMap, fmt::Write as _, process::ExitCode, time::Duration};

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use serde_json::json;

use super::command::Common;
use crate::link::{HubClient, SensorStatus};

/// The hub answers from memory.
const ANSWER_WITHIN: Duration = Duration::from_secs(4);
/// A sensor reports every second; after this it is gone.
const SENSOR_SILENT_MS: u64 = 5_000;

/// Show what the sensor sees, filters and loses
#[derive(Debug, clap::Args)]
pub(crate) struct Status {
    #[command(flatten)]
    common: Common,
    /// Format
    #[arg(short, long, default_value = "text")]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For reading
    Text,
    /// One object
    Json,
}

impl Status {
    /// 0 when the sensor reports, its probes are attached and it lost nothing since it started.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let config = self.common.load()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let client = HubClient::new(&config.hub_socket());
        let (age_ms, status) = runtime
            .block_on(async { tokio::time::timeout(ANSWER_WITHIN, client.sensor()).await })
            .context("no answer in time; is `quaywatch run` running with this data folder?")?
            .context("no word of the sensor; is `quaywatch run` running with this data folder?")?;
        let problems = problems(age_ms, &status);
        match self.output {
            Format::Text => print!("{}", text(age_ms, &status, &problems)),
            Format::Json => println!("{}", json(age_ms, &status, &problems)),
        }
        Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

/// What is wrong, in words.
fn problems(age_ms: u64, status: &SensorStatus) -> Vec<String> {
    let mut problems = Vec::new();
    if age_ms > SENSOR_SILENT_MS {
        problems.push(format!("the sensor was last heard of {} s ago", age_ms / 1000));
    }
    if !status.attached {
        problems.push("the probes are not attached".to_owned());
    }
    let lost = status.losses.values().sum::<u64>().saturating_sub(status.lost_before);
    if lost > 0 {
        problems.push(format!("{lost} kernel events or parts of them were lost since the sensor started"));
    }
    if !status.rules.error.is_empty() {
        problems.push(format!("the newest rule files are refused: {}", status.rules.error));
    }
    problems
}

/// `seen`, `shipped` and `filtered` of each kind of events that was seen at all.
fn by_event(status: &SensorStatus) -> BTreeMap<String, BTreeMap<&'static str, i64>> {
    let mut events: BTreeMap<String, BTreeMap<&'static str, i64>> = BTreeMap::new();
    for (what, prefix) in [
        ("seen", "sensor_events_seen_total{event=\""),
        ("shipped", "sensor_events_shipped_total{event=\""),
        ("filtered", "sensor_events_filtered_total{event=\""),
    ] {
        for (name, count) in status.counters.iter().filter(|(_, count)| **count > 0) {
            if let Some(event) = name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix("\"}")) {
                events.entry(event.to_owned()).or_default().insert(what, *count);
            }
        }
    }
    events
}

fn json(age_ms: u64, status: &SensorStatus, problems: &[String]) -> serde_json::Value {
    json!({
        "ok": problems.is_empty(),
        "problems": problems,
        "age_ms": age_ms,
        "sensor": status.sensor,
        "version": status.version,
        "hostname": status.hostname,
        "attached": status.attached,
        "resumed": status.resumed,
        "rules": status.rules,
        "events_evaluated": status.events_total,
        "alerts": status.alerts_total,
        "spool_waiting": status.spool_waiting,
        "events": by_event(status),
        "losses": status.losses,
        "lost_before": status.lost_before,
        "containers": status.containers.len(),
    })
}

fn text(age_ms: u64, status: &SensorStatus, problems: &[String]) -> String {
    let mut out = String::new();
    let state = if problems.is_empty() { "ok" } else { "degraded" };
    let _ = writeln!(out, "sensor {} on {}: {state}, heard {age_ms} ms ago", status.version, status.hostname);
    for problem in problems {
        let _ = writeln!(out, "  ! {problem}");
    }
    let _ = writeln!(
        out,
        "rules {}, events evaluated {}, alerts {}, waiting for the hub {}, containers {}",
        status.rules.enabled,
        status.events_total,
        status.alerts_total,
        status.spool_waiting,
        status.containers.len(),
    );
    let _ = writeln!(out, "\n{:<10} {:>14} {:>14} {:>14}", "events", "seen", "shipped", "filtered");
    for (event, counts) in by_event(status) {
        let count = |what| counts.get(what).copied().unwrap_or(0);
        let (seen, shipped, filtered) = (count("seen"), count("shipped"), count("filtered"));
        let _ = writeln!(out, "{event:<10} {seen:>14} {shipped:>14} {filtered:>14}");
    }
    if status.losses.is_empty() {
        let _ = writeln!(out, "\nnothing was lost");
    } else {
        let _ = writeln!(out, "\n{:<24} {:>14}", "lost (why/what)", "count");
        for (reason, count) in &status.losses {
            let _ = writeln!(out, "{reason:<24} {count:>14}");
        }
        let _ = writeln!(out, "{} of these before this sensor started", status.lost_before);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_named_by_reason_and_kind() {
        let mut status = SensorStatus { attached: true, ..SensorStatus::default() };
        assert!(problems(100, &status).is_empty());
        status.losses.insert("shed/open".to_owned(), 5);
        status.counters.insert("sensor_events_seen_total{event=\"open\"}".to_owned(), 9);
        let found = problems(100, &status);
        assert_eq!(found.len(), 1);
        let text = text(100, &status, &found);
        assert!(text.contains("shed/open") && text.contains("degraded"), "{text}");
        assert_eq!(json(100, &status, &found)["events"]["open"]["seen"], 9);
        assert!(!problems(60_000, &status).is_empty());
    }
}
