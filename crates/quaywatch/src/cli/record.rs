//! `quaywatch record`: what happens on this host now, into a capture.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result, anyhow};
use capture_file::Compression;
use container_runtimes::Directory;
use event::Event;
use event_enricher::Enricher;
use rule_compiler::compile_filters;
use rule_engine::Engine;
use sensor::Sensor;
use telemetry::Registry;
use tokio::signal::unix::{SignalKind, signal};

use super::command::Common;
use crate::{
    recorder::{self, Bounds, Ended, Tape, start_state},
    supervisor,
};

/// How long one look at an empty ring buffer may sleep; bounds how late a stop is noticed.
const POLL_MS: u64 = 100;
/// sysdig's mark of events that are there for the state alone.
const STATE_ONLY: u32 = 1;

/// Record what happens on this host into a capture (.scap)
#[derive(Debug, clap::Args)]
pub(crate) struct Record {
    /// The file; it must not exist yet
    file: PathBuf,
    /// Keep only events that this filter is true for; what changes processes and descriptors is
    /// kept for the state, but not shown on replay
    #[arg(long, value_name = "FILTER")]
    filter: Option<String>,
    /// Stop after this time, such as 30s, 5m or 1500ms
    #[arg(long, value_name = "TIME", value_parser = duration)]
    duration: Option<Duration>,
    /// Stop when the file has this size, such as 500k, 100M or 2G
    #[arg(long, value_name = "SIZE", value_parser = size)]
    size: Option<u64>,
    /// Write without compression
    #[arg(long)]
    plain: bool,
    #[command(flatten)]
    common: Common,
}

impl Record {
    /// Records until told to stop or a bound is reached.
    pub(crate) fn run(self) -> Result<ExitCode> {
        super::log_to_stderr();
        let config = self.common.load()?;
        let registry = Registry::default();
        let mut filter = self.filter.as_deref().map(|text| filter_engine(text, &registry)).transpose()?;
        // A ring buffer of its own: a sensor that runs beside keeps every event.
        let probes_config = sensor::Config {
            bpffs_dir: own_pins(&config.sensor.probes.bpffs_dir),
            ..config.sensor.probes.clone()
        };
        let probes = match Sensor::start(&probes_config, &registry) {
            Ok(probes) => probes,
            Err(error) => {
                eprintln!(
                    "quaywatch: nothing can be recorded: {error}; `quaywatch doctor` says what is missing"
                );
                return Ok(ExitCode::from(supervisor::EXIT_NO_KERNEL));
            }
        };
        let stop = Arc::new(AtomicBool::new(false));
        stop_on_signals(&stop)?;
        let mut enricher =
            Enricher::new(config.sensor.enricher.clone(), Directory::empty(&registry), &registry);
        let outcome = self.record(probes, &mut enricher, filter.as_mut(), &stop);
        // The pins would go on filling a ring that nobody reads.
        Sensor::uninstall_at(&probes_config.bpffs_dir).context("the probes cannot be removed")?;
        let (events, bytes, lost) = outcome?;
        println!("{}: {events} events, {bytes} bytes, {lost} events lost", self.file.display());
        Ok(ExitCode::SUCCESS)
    }

    fn record(
        &self,
        mut probes: Sensor,
        enricher: &mut Enricher,
        mut filter: Option<&mut Engine>,
        stop: &AtomicBool,
    ) -> Result<(u64, u64, u64)> {
        probes.set_interest(&recorder::everything())?;
        // The probes are at work already: what starts during the scan makes an event.
        let state = start_state(Path::new("/proc"));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let bounds = Bounds {
            deadline_ns: self
                .duration
                .map(|duration| u64::try_from(now.saturating_add(duration).as_nanos()).unwrap_or(u64::MAX)),
            file_bytes_max: self.size,
        };
        let compression = if self.plain { Compression::None } else { Compression::Gzip };
        let mut tape = Tape::start(&self.file, compression, &state, bounds)
            .with_context(|| format!("cannot begin {}", self.file.display()))?;
        if filter.is_some() {
            enricher.scan_proc();
        }
        let end = self.duration.map(|duration| Instant::now() + duration);
        let mut outcome: std::io::Result<Option<Ended>> = Ok(None);
        while matches!(outcome, Ok(None)) && !stop.load(Ordering::Acquire) {
            let mut handle = |event: Event<'_>| {
                if !matches!(outcome, Ok(None)) {
                    return;
                }
                if let Some(flags) = flags(&event, enricher, filter.as_deref_mut()) {
                    outcome = tape.write(&event, flags);
                }
            };
            probes.poll(Duration::from_millis(POLL_MS), &mut handle)?;
            probes.release();
            if end.is_some_and(|end| Instant::now() >= end) {
                break;
            }
        }
        outcome.with_context(|| format!("cannot write {}", self.file.display()))?;
        let lost = probes.losses().iter().map(|loss| loss.count).sum();
        let events = tape.events();
        let bytes = tape.finish().with_context(|| format!("cannot complete {}", self.file.display()))?;
        Ok((events, bytes, lost))
    }
}

/// The flags to write an event with; `None` leaves it out.
fn flags(event: &Event<'_>, enricher: &mut Enricher, filter: Option<&mut Engine>) -> Option<u32> {
    let Some(engine) = filter else { return Some(0) };
    let enriched = enricher.enrich(event);
    let mut is_match = false;
    engine.matching(&enriched, &mut |_| is_match = true);
    if is_match {
        return Some(0);
    }
    let changes_state = event.definition().is_some_and(|row| row.flags.contains(&"EF_MODIFIES_STATE"));
    changes_state.then_some(STATE_ONLY)
}

fn filter_engine(text: &str, registry: &Registry) -> Result<Engine> {
    let (rules, results) = compile_filters(&[text.to_owned()]);
    for result in results {
        result.map_err(|reason| anyhow!("the filter cannot be used: {reason}"))?;
    }
    let config = rule_engine::Config { extra_fields: Vec::new(), ..rule_engine::Config::default() };
    Ok(Engine::new(Arc::new(rules), config, registry)?)
}

/// A folder beside the sensor's, with this process's id in it.
fn own_pins(sensor_pins: &Path) -> PathBuf {
    let mut name = sensor_pins.as_os_str().to_owned();
    name.push(format!("-record-{}", std::process::id()));
    name.into()
}

/// SIGINT and SIGTERM end a recording, not the file's last block.
fn stop_on_signals(stop: &Arc<AtomicBool>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut terminate, mut interrupt) = {
        let _inside = runtime.enter();
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
    };
    let stop = Arc::clone(stop);
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        });
        stop.store(true, Ordering::Release);
    })?;
    Ok(())
}

/// `1500ms`, `30s`, `5m`, `1h`; a number alone is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text)?;
    let factor_ms = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(format!("{unit:?} is no unit of time: write ms, s, m or h")),
    };
    number.checked_mul(factor_ms).map(Duration::from_millis).ok_or_else(|| "too long".to_owned())
}

/// `500k`, `100M`, `2G`; a number alone is bytes.
fn size(text: &str) -> Result<u64, String> {
    let (number, unit) = split(text)?;
    let shift = match unit {
        "" | "B" => 0,
        "k" | "K" | "kB" | "KB" => 10,
        "M" | "MB" => 20,
        "G" | "GB" => 30,
        _ => return Err(format!("{unit:?} is no unit of size: write k, M or G")),
    };
    number.checked_mul(1 << shift).ok_or_else(|| "too large".to_owned())
}

fn split(text: &str) -> Result<(u64, &str), String> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number = number.parse().map_err(|_| format!("{text:?} does not begin with a whole number"))?;
    Ok((number, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_have_units() {
        assert_eq!(duration("30"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("1500ms"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        assert!(
            duration("5x").is_err() && duration("m").is_err() && duration("99999999999999999999s").is_err()
        );
        assert_eq!(size("100M"), Ok(100 << 20));
        assert_eq!(size("7"), Ok(7));
        assert!(size("1T").is_err());
    }
}
