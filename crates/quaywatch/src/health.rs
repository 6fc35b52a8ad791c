//! The health of the whole pipeline, hop by hop, as the page shows it.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use alert_router::{OutputState, Router};
use log_store::Store;
use serde_json::{Value, json};
use telemetry::Registry;
use web_api::HealthSource;

use crate::{
    config::Config,
    confine::Confinement,
    gateway::View,
    link::{LinkState, SensorStatus},
};

/// A sensor that has not reported for so long is gone.
const SENSOR_SILENT: Duration = Duration::from_secs(5);

/// Looks at every part when asked.
pub(crate) struct HubHealth {
    link: Arc<LinkState>,
    router: Router,
    store: Arc<Store>,
    registry: Registry,
    auth: bool,
    confinement: Confinement,
    folder: PathBuf,
    gateway: Arc<View>,
}

impl HubHealth {
    /// Keeps what it will look at.
    pub(crate) fn new(
        config: &Config,
        confinement: Confinement,
        link: &Arc<LinkState>,
        router: &Router,
        store: &Arc<Store>,
        registry: &Registry,
    ) -> Self {
        HubHealth {
            link: Arc::clone(link),
            router: router.clone(),
            store: Arc::clone(store),
            registry: registry.clone(),
            auth: config.auth,
            confinement,
            folder: config.data_dir.clone(),
            gateway: Arc::default(),
        }
    }

    /// Looks at the gateway too.
    pub(crate) fn with_gateway(mut self, view: &Arc<View>) -> Self {
        self.gateway = Arc::clone(view);
        self
    }
}

impl HealthSource for HubHealth {
    fn health(&self) -> Value {
        let sensor = self.link.sensor();
        let mut problems = Vec::new();
        let mut hops = sensor_hops(sensor.as_ref(), &mut problems);
        if !self.auth {
            problems.push("access control is off".to_owned());
        }
        problems.extend(self.gateway.problems());
        let router = self.router.status();
        let mut queues = Vec::new();
        for output in &router.outputs {
            let state = match &output.state {
                OutputState::Ok => "ok",
                OutputState::Paused => "paused",
                OutputState::Retrying { .. } => "retrying",
            };
            if state != "ok" {
                let why = output.last_error.as_deref().unwrap_or("told to stop");
                problems.push(format!("output {}: {state}: {why}", output.name));
            }
            if output.dead_letters > 0 {
                problems
                    .push(format!("output {}: {} alerts refused for good", output.name, output.dead_letters));
            }
            queues.push(json!({ "name": output.name, "depth": output.lag, "state": state }));
        }
        let store = self.store.status();
        let counters = self.registry.snapshot();
        let total = |name: &str| {
            counters.iter().filter(|(found, _)| found.starts_with(name)).map(|(_, v)| v).sum::<i64>()
        };
        hops.push(json!({
            "name": "ingest", "status": "ok",
            "counts": {
                "alerts": total("alert_router_accepted_alerts_total"),
                "duplicates": total("alert_router_duplicate_alerts_total"),
            },
            "losses": { "refused": total("alert_router_refused_alerts_total") },
        }));
        let waiting: u64 = router.outputs.iter().map(|output| output.lag).max().unwrap_or(0);
        hops.push(json!({
            "name": "queue", "status": if queues.iter().all(|queue| queue["state"] == "ok") { "ok" } else { "degraded" },
            "counts": { "waiting": waiting, "bytes": router.queue.bytes },
        }));
        hops.push(json!({
            "name": "store", "status": "ok",
            "counts": { "lines": store.segment_rows.saturating_add(store.memory_rows), "segments": store.segments, "bytes": store.segment_bytes },
        }));
        let status = if problems.is_empty() { "ok" } else { "degraded" };
        json!({
            "status": status,
            "problems": problems,
            "hops": hops,
            "queues": queues,
            "disk": {
                "path": self.folder,
                "store_bytes": store.segment_bytes.saturating_add(store.wal_bytes),
                "free_bytes": store.free_bytes,
            },
            "gateway": self.gateway.json(),
            "confinement": self.confinement.to_string(),
            "containers": sensor.as_ref().map(|(_, status)| &status.containers),
            "sensors": sensor.iter().map(|(age, status)| sensor_row(*age, status)).collect::<Vec<_>>(),
            "metrics": metrics(counters, sensor.as_ref()),
            "rules": sensor.as_ref().map(|(_, status)| &status.rules),
            "versions": {
                "hub": env!("CARGO_PKG_VERSION"),
                "sensor": sensor.as_ref().map(|(_, status)| status.version.clone()),
            },
        })
    }
}

/// The counters of both processes.
fn metrics(hub: Vec<(String, i64)>, sensor: Option<&(Duration, SensorStatus)>) -> BTreeMap<String, i64> {
    let sensor = sensor.into_iter().flat_map(|(_, status)| status.counters.clone());
    hub.into_iter().chain(sensor).collect()
}

/// The hops that the sensor reports on: kernel, rules and spool.
fn sensor_hops(sensor: Option<&(Duration, SensorStatus)>, problems: &mut Vec<String>) -> Vec<Value> {
    let Some((age, status)) = sensor else {
        problems.push("no sensor is connected".to_owned());
        return vec![json!({ "name": "kernel", "status": "down", "note": "no sensor is connected" })];
    };
    let mut kernel = "ok";
    if *age > SENSOR_SILENT {
        problems.push(format!("the sensor has been silent for {} s", age.as_secs()));
        kernel = "down";
    } else if !status.attached {
        problems.push("the probes are not attached".to_owned());
        kernel = "down";
    }
    // A parameter that could not be read is counted, and is no event lost.
    let events = status.losses.iter().filter(|(reason, _)| !reason.starts_with("user_fault"));
    let lost = events.map(|(_, count)| count).sum::<u64>().saturating_sub(status.lost_before);
    if lost > 0 {
        problems.push(format!("{lost} kernel events were lost since the sensor started"));
    }
    let note = match status.lost_before {
        0 => String::new(),
        before => format!("{before} of the lost events were lost while no sensor was reading"),
    };
    if !status.rules.error.is_empty() {
        problems.push(format!("the newest rule files are refused: {}", status.rules.error));
    }
    let rules_status = if status.rules.error.is_empty() { "ok" } else { "degraded" };
    vec![
        json!({
            "name": "kernel", "status": kernel,
            "counts": { "events": status.events_total }, "losses": status.losses, "note": note,
        }),
        json!({
            "name": "rules", "status": rules_status,
            "counts": { "rules": status.rules.enabled, "alerts": status.alerts_total },
        }),
        json!({ "name": "spool", "status": "ok", "counts": { "waiting": status.spool_waiting } }),
    ]
}

fn sensor_row(age: Duration, status: &SensorStatus) -> Value {
    json!({
        "name": status.sensor,
        "hostname": status.hostname,
        "connected": age <= SENSOR_SILENT,
        "last_seen_ms": u64::try_from(age.as_millis()).unwrap_or(u64::MAX),
        "pid": status.pid,
        "resumed": status.resumed,
    })
}
