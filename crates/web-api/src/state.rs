//! What the API is given, and what its handlers share.

use std::sync::Arc;

use access_control::Access;
use alert::Alert;
use log_record::LogReader;
use telemetry::{Counter, Gauge, Registry};
use tokio::sync::{Semaphore, broadcast};

use crate::limits;

/// Opens another live stream of alerts, each after it is stored: `router.subscribe()`.
pub type LiveAlerts = Arc<dyn Fn() -> broadcast::Receiver<Arc<Alert>> + Send + Sync>;

/// What the page's health view shows.
///
/// The page knows these keys, all optional, and renders any other as it comes:
/// `status` (`ok`, `degraded`, `down`), `problems` (texts), `hops` (in the order of the flow:
/// `{name, status, note, counts: {text: number}, losses: {reason: number}}`), `queues`
/// (`{name, depth, capacity, lag_ms, state}`), `disk` (`{path, store_bytes, free_bytes,
/// total_bytes}`), `containers` (`{id, name, image, runtime}`), `sensors` (`{name, connected,
/// last_seen_ms, …}`, the last an age), `versions` (`{part: text}`).
pub trait HealthSource: Send + Sync {
    /// The state now. May block for a moment (reads counters and stats the disk).
    fn health(&self) -> serde_json::Value;

    /// Whether `/ready` says so.
    fn ready(&self) -> bool {
        true
    }
}

/// Everything the API needs.
pub struct WebApi {
    /// Where stored alerts are read.
    pub reader: Arc<dyn LogReader>,
    /// Tenant under which the alerts are stored; Loki's name without authentication is `fake`.
    pub tenant: String,
    /// Who may look.
    pub access: Access,
    /// The health view.
    pub health: Arc<dyn HealthSource>,
    /// New alerts.
    pub live: LiveAlerts,
    /// Where this crate's own counters go; shown in the health view.
    pub registry: Registry,
}

#[derive(Clone)]
pub(crate) struct Shared(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) api: WebApi,
    pub(crate) scans: Arc<Semaphore>,
    pub(crate) live_streams: Arc<Semaphore>,
    pub(crate) live_open: Gauge,
    /// Alerts that a live stream was too slow for.
    pub(crate) live_missed: Counter,
    /// Readings of stored lines that look like alerts by their labels and are none.
    pub(crate) unreadable: Counter,
}

impl Shared {
    pub(crate) fn new(api: WebApi) -> Self {
        let registry = &api.registry;
        let live_open = registry.gauge("web_live_streams", "Live streams of the page that are open.", &[]);
        let live_missed = registry.counter(
            "web_live_missed_alerts_total",
            "Alerts a live stream of the page was too slow for; the page loads them again.",
            &[],
        );
        let unreadable = registry.counter(
            "web_unreadable_lines_total",
            "Stored lines that are labelled as alerts but are not in Falco's JSON form.",
            &[],
        );
        Shared(Arc::new(Inner {
            scans: Arc::new(Semaphore::new(limits::SCANS_AT_ONCE_MAX)),
            live_streams: Arc::new(Semaphore::new(limits::LIVE_STREAMS_MAX)),
            live_open,
            live_missed,
            unreadable,
            api,
        }))
    }
}

impl std::ops::Deref for Shared {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
