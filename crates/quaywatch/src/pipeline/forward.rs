//! The way from the spool to the hub, and the sensor's reports of itself.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use alert_router::journal::{Journal, Record};
use anyhow::{Context as _, Result};
use container_runtimes::Directory;
use telemetry::{Counter, Registry};
use tokio::task::JoinHandle;

use super::{reload::Rules, sensor_process::HUB_CURSOR, watch::WatchList};
use crate::{
    config::Config,
    link::{ContainerReport, HubClient, SensorStatus, Sent},
};

/// Alerts in one request.
const BATCH_ALERTS_MAX: usize = 256;
/// Bytes in one request; one larger alert still goes.
const BATCH_BYTES_MAX: usize = 1 << 20;
/// First pause when the hub does not answer; doubled up to the longest.
const RETRY_MS_MIN: u64 = 20;
/// Longest pause.
const RETRY_MS_MAX: u64 = 1_000;
/// How often the sensor reports, in milliseconds.
const STATUS_MS: u64 = 500;

/// What both tasks need.
#[derive(Clone)]
pub(crate) struct Forwarder {
    pub(crate) sensor_id: String,
    pub(crate) epoch: u64,
    pub(crate) resumed: bool,
    /// Links of the probes when they were attached.
    pub(crate) links: usize,
    /// Events lost before this process read any.
    pub(crate) lost_before: u64,
    /// Name of this host, as alerts carry it.
    pub(crate) hostname: String,
    pub(crate) config: Config,
    pub(crate) registry: Registry,
    pub(crate) rules: Arc<Rules>,
    pub(crate) spool: Journal,
    pub(crate) watch: Arc<WatchList>,
    pub(crate) directory: Directory,
    pub(crate) refused: Counter,
}

/// The running tasks.
pub(crate) struct Forwarding {
    spool: Journal,
    _tasks: [JoinHandle<()>; 2],
}

impl Forwarding {
    /// Returns when the hub has everything that is in the spool now.
    pub(crate) async fn drain(&self) {
        let target = self.spool.durable();
        while self.spool.position(HUB_CURSOR).is_some_and(|position| position < target) {
            tokio::time::sleep(Duration::from_millis(RETRY_MS_MIN)).await;
        }
    }
}

impl Forwarder {
    /// Starts both tasks on the current runtime.
    pub(crate) fn start(self) -> Forwarding {
        let spool = self.spool.clone();
        let alerts = tokio::spawn(self.clone().forward_alerts());
        let status = tokio::spawn(self.report_status());
        Forwarding { spool, _tasks: [alerts, status] }
    }

    /// Sends what is in the spool, in order, again and again until the hub has it.
    async fn forward_alerts(self) {
        let hub = HubClient::new(&self.config.hub_socket());
        let mut appended = self.spool.watch_durable();
        let mut pause_ms = RETRY_MS_MIN;
        loop {
            match self.forward_batch(&hub).await {
                Ok(true) => pause_ms = RETRY_MS_MIN,
                Ok(false) => {
                    pause_ms = RETRY_MS_MIN;
                    if appended.changed().await.is_err() {
                        return;
                    }
                }
                Err(error) => {
                    if pause_ms == RETRY_MS_MIN {
                        tracing::warn!(
                            error = format!("{error:#}"),
                            "the hub does not take alerts: they stay in the spool"
                        );
                    }
                    tokio::time::sleep(Duration::from_millis(pause_ms)).await;
                    pause_ms = pause_ms.saturating_mul(2).min(RETRY_MS_MAX);
                }
            }
        }
    }

    /// Sends one batch; `false` when there was nothing to send.
    async fn forward_batch(&self, hub: &HubClient) -> Result<bool> {
        let next = self.spool.position(HUB_CURSOR).context("no cursor")?.saturating_add(1);
        let spool = self.spool.clone();
        let read = move || spool.reader(next).read(BATCH_ALERTS_MAX, BATCH_BYTES_MAX);
        let batch = tokio::task::spawn_blocking(read).await??;
        if batch.records.is_empty() {
            if batch.through >= next {
                self.spool.commit(HUB_CURSOR, batch.through)?;
            }
            return Ok(false);
        }
        self.send(hub, &batch.records).await?;
        self.spool.commit(HUB_CURSOR, batch.through)?;
        Ok(true)
    }

    /// Returns when the hub has the records. One that it calls bad (an older hub, say) must not
    /// hold up the rest: it is found by halving the batch, logged whole, counted and left behind.
    async fn send(&self, hub: &HubClient, records: &[Record]) -> Result<()> {
        let mut waiting = vec![records];
        while let Some(records) = waiting.pop() {
            let mut body = Vec::new();
            for record in records {
                body.extend_from_slice(&record.payload);
                body.push(b'\n');
            }
            match (hub.send_alerts(body.into()).await?, records) {
                (Sent::Taken, _) => {}
                (Sent::Refused(reason), [only]) => {
                    let alert = String::from_utf8_lossy(&only.payload);
                    tracing::error!(reason, ?alert, "the hub refuses an alert for good");
                    self.refused.increment();
                }
                (Sent::Refused(_), records) => {
                    let (first, second) = records.split_at(records.len() / 2);
                    waiting.push(second);
                    waiting.push(first);
                }
            }
        }
        Ok(())
    }

    /// Reports until the runtime ends. The hub may be away: the next report says it all again.
    async fn report_status(self) {
        let hub = HubClient::new(&self.config.hub_socket());
        let mut ticks = tokio::time::interval(Duration::from_millis(STATUS_MS));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // What was asked before this sensor's first report was asked of a predecessor.
        let mut reloads = None;
        loop {
            ticks.tick().await;
            if let Ok(answer) = hub.report(&self.status()).await {
                self.watch.set(&answer.watch);
                if reloads.is_some_and(|known| answer.reloads > known) {
                    let (rules, config) = (Arc::clone(&self.rules), self.config.sensor.clone());
                    let _ = tokio::task::spawn_blocking(move || rules.reload(&config)).await;
                }
                reloads = Some(answer.reloads);
            }
        }
    }

    fn status(&self) -> SensorStatus {
        let counters: BTreeMap<String, i64> = self.registry.snapshot().into_iter().collect();
        let total = |name: &str| counters.get(name).and_then(|value| u64::try_from(*value).ok()).unwrap_or(0);
        let spool = self.spool.position(HUB_CURSOR).unwrap_or(0);
        let lost = "sensor_events_lost_total{reason=\"";
        let losses = counters
            .iter()
            .filter_map(|(name, value)| {
                // `shed/open`: why, and what kind of events.
                let (reason, event) =
                    name.strip_prefix(lost)?.strip_suffix("\"}")?.split_once("\",event=\"")?;
                Some((format!("{reason}/{event}"), u64::try_from(*value).ok()?))
                    .filter(|(_, count)| *count > 0)
            })
            .collect();
        SensorStatus {
            sensor: self.sensor_id.clone(),
            epoch: self.epoch,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            hostname: self.hostname.clone(),
            pid: std::process::id(),
            resumed: self.resumed,
            attached: links(&self.config.sensor.probes.bpffs_dir) >= self.links,
            rules: self.rules.status(),
            events_total: total("sensor_events_evaluated_total"),
            alerts_total: total("sensor_alerts_total"),
            spool_waiting: self.spool.durable().saturating_sub(spool),
            losses,
            lost_before: self.lost_before,
            containers: self.directory.snapshot().iter().map(|container| report(container)).collect(),
            watched: self.watch.report(),
            counters,
        }
    }
}

/// How many links of the probes are pinned: a link whose pin is gone is detached.
pub(crate) fn links(bpffs_dir: &Path) -> usize {
    let entries = std::fs::read_dir(bpffs_dir).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("link_")).count()
}

fn report(container: &container_runtimes::Container) -> ContainerReport {
    ContainerReport {
        id: container.id.short().to_owned(),
        name: container.name.clone().unwrap_or_default(),
        image: container.image.clone().unwrap_or_default(),
        labels: container.labels.clone().into_iter().collect(),
        state: format!("{} {:?}", container.runtime.name(), container.state).to_lowercase(),
        networks: container.networks.clone(),
        ports: container.ports.clone(),
        host_network: container.host_network.unwrap_or(false),
        created_ns: container.created_ns.unwrap_or(0),
    }
}
