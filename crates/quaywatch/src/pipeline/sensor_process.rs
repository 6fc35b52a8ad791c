//! The sensor process: what it starts, in which order, and how it ends.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use alert_router::journal::{Environment, Hold, Journal, JournalConfig, Start};
use anyhow::{Context as _, Result};
use container_runtimes::Directory;
use event_enricher::Enricher;
use rule_engine::Engine;
use sensor::{Sensor, StartError};
use telemetry::Registry;
use tokio::signal::unix::{SignalKind, signal};

use super::{
    detect::Detector,
    forward::{Forwarder, links},
    identity::sensor_id,
    losses::Losses,
    reload::Rules,
    state_log::StateLog,
    watch::WatchList,
};
use crate::{config::Config, doctor, recorder::OnAlert, rule_files, supervisor};

/// The cursor of what the hub has.
pub(crate) const HUB_CURSOR: &str = "hub";
/// Alerts the spool keeps while the hub is away.
const SPOOL_BYTES_MAX: u64 = 256 << 20;
/// How long the last alerts may take to reach the hub when the sensor is told to stop.
const LAST_ALERTS_MS_MAX: u64 = 2_000;

/// How a sensor ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SensorEnd {
    /// It was told to.
    Stopped,
    /// Its rules have errors; they have been printed.
    BadRules,
    /// This kernel or these rights do not carry it; what to do has been printed.
    NoKernel,
}

/// Runs the sensor until it is told to stop.
pub(crate) fn run(config: &Config) -> Result<SensorEnd> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .thread_name("sensor-io")
        .build()?;
    let _inside = runtime.enter();
    // Rules first: a mistake in them is the likeliest one, and costs nothing to find.
    let files = match rule_files::read(&config.sensor) {
        Ok(files) => files,
        Err(error) => {
            eprintln!("quaywatch: {error:#}");
            return Ok(SensorEnd::BadRules);
        }
    };
    let (rules, report) = rule_files::compile_all(&files, &config.sensor.rules.compile_options());
    let words = report.render(false);
    if !words.is_empty() {
        eprint!("{words}");
    }
    let Some(rules) = rules else { return Ok(SensorEnd::BadRules) };
    supervisor::prepare_sensor_folder(config)?;
    let hostname = hostname(config);
    let registry = Registry::default();
    let spool = open_spool(config, &registry)?;
    let shared_rules = Arc::new(Rules::new(&rules, &files));
    // Containers are asked for before the probes start, so that their names are there in time.
    let directory = Directory::watch(&config.sensor.containers, &registry);
    let probes = match Sensor::start(&config.sensor.probes, &registry) {
        Ok(probes) => probes,
        Err(error) => return no_kernel(&error),
    };
    let interest = rules.interest();
    let unsupported = Sensor::unsupported(&interest);
    if !unsupported.is_empty() {
        tracing::warn!(events = unsupported.join(" "), "some rules wait for events that no probe makes yet");
    }
    probes.set_interest(&interest)?;
    let mut engine_config = config.sensor.rules.clone();
    if engine_config.hostname.is_empty() {
        engine_config.hostname.clone_from(&hostname);
    }
    let mut enricher_config = config.sensor.enricher.clone();
    if enricher_config.hostname.is_empty() {
        enricher_config.hostname.clone_from(&hostname);
    }
    let engine = Engine::new(Arc::clone(&rules), engine_config, &registry)?;
    let state_folder = StateLog::folder(&config.sensor_dir(), &config.sensor.probes.bpffs_dir);
    let state = StateLog::open(&state_folder, probes.epoch())
        .with_context(|| format!("the process tree's log in {}", state_folder.display()))?;
    let stop = Arc::new(AtomicBool::new(false));
    let watch = Arc::new(WatchList::default());
    let id = sensor_id(&config.sensor_dir())?;
    let losses = Losses::new(&id, &hostname, &probes);
    let forwarder = Forwarder {
        sensor_id: id.clone(),
        epoch: probes.epoch(),
        resumed: probes.resumed(),
        lost_before: probes.lost_events(),
        links: links(&config.sensor.probes.bpffs_dir),
        hostname,
        config: config.clone(),
        registry: registry.clone(),
        rules: Arc::clone(&shared_rules),
        spool: spool.clone(),
        watch: Arc::clone(&watch),
        directory: directory.clone(),
        refused: registry.counter("sensor_alerts_refused_total", "Alerts the hub refused for good.", &[]),
    };
    tracing::info!(rules = shared_rules.status().enabled, resumed = probes.resumed(), "the sensor watches");
    let detector = Detector {
        sensor_id: id,
        probes,
        enricher: Enricher::new(enricher_config, directory, &registry),
        engine,
        losses,
        rules: Arc::clone(&shared_rules),
        spool,
        state,
        state_failures: registry.counter(
            "sensor_state_failed_writes_total",
            "Writes of the process tree's log that failed.",
            &[],
        ),
        watch,
        captures: OnAlert::new(&config.sensor.capture, &config.sensor_dir(), &registry),
        stop: Arc::clone(&stop),
        events: registry.counter("sensor_events_evaluated_total", "Events handed to the rules.", &[]),
        alerts: registry.counter("sensor_alerts_total", "Alerts made.", &[]),
        too_large: registry.counter(
            "sensor_alerts_too_large_total",
            "Alerts that did not fit the spool.",
            &[],
        ),
    };
    let detecting = thread::Builder::new().name("detect".to_owned()).spawn(move || detector.run())?;
    let forwarding = forwarder.start();
    runtime.block_on(until_stopped(config, &shared_rules, &detecting))?;
    stop.store(true, Ordering::Release);
    let result = detecting.join().map_err(|_| anyhow::anyhow!("the detecting thread panicked"))?;
    runtime.block_on(async {
        let _ = tokio::time::timeout(Duration::from_millis(LAST_ALERTS_MS_MAX), forwarding.drain()).await;
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    result.map(|()| SensorEnd::Stopped)
}

/// The configured name, else the machine's.
fn hostname(config: &Config) -> String {
    if config.sensor.hostname.is_empty() {
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    } else {
        config.sensor.hostname.clone()
    }
}

fn open_spool(config: &Config, registry: &Registry) -> Result<Journal> {
    let settings = JournalConfig {
        bytes_max: SPOOL_BYTES_MAX,
        // A killed process loses nothing without it, and the ring buffer would not survive a
        // power loss either; the hub syncs before it answers.
        fsync: false,
        ..JournalConfig::default()
    };
    let folder = config.sensor_dir().join("spool");
    let spool = Journal::open("spool", &folder, settings, Environment::default(), registry)
        .with_context(|| format!("the spool {}", folder.display()))?;
    spool.cursor(HUB_CURSOR, Start::Oldest, Hold::Essential)?;
    Ok(spool)
}

/// Explains what the kernel lacks, in the doctor's words.
fn no_kernel(error: &StartError) -> Result<SensorEnd> {
    eprintln!("quaywatch: the sensor cannot start: {error}");
    for finding in doctor::kernel().iter().filter(|finding| finding.state == doctor::State::Bad) {
        eprintln!("{finding}");
    }
    Ok(SensorEnd::NoKernel)
}

/// Waits for a signal to stop; meanwhile reloads rules on SIGHUP and when their files change.
async fn until_stopped(
    config: &Config,
    rules: &Rules,
    detecting: &thread::JoinHandle<Result<()>>,
) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut files = rule_files::Watcher::new(&config.sensor);
    let mut look = tokio::time::interval(rule_files::Watcher::INTERVAL);
    loop {
        tokio::select! {
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
            _ = hangup.recv() => rules.reload(&config.sensor),
            _ = look.tick() => {
                if files.changed() {
                    rules.reload(&config.sensor);
                }
                if detecting.is_finished() {
                    return Ok(());
                }
            }
        }
    }
}
