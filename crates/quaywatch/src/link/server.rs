//! The hub's side of the link: what the sensor reports, what commands on this host may ask.

use std::{
    io,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Query, State},
    http::StatusCode,
    routing::{get, post},
};
use parking_lot::Mutex;
use route_discovery::{Inventory, InventoryItem, NetworkAddress};
use serde::Deserialize;
use telemetry::{Counter, Registry};
use tokio::net::{UnixListener, UnixStream, unix::SocketAddr};

use super::{ContainerReport, SensorStatus, StatusAnswer, TraceReport, WatchRequest};

/// A status names every container; hundreds fit.
const STATUS_BYTES_MAX: usize = 4 << 20;
/// How long a container is reported on after it was asked for.
const WATCH_SECONDS: u64 = 300;
/// More are not watched at once; the oldest request gives way.
const WATCHED_MAX: usize = 16;

/// What the hub knows of its sensor.
#[derive(Debug, Default)]
pub(crate) struct LinkState {
    status: Mutex<Option<(Instant, SensorStatus)>>,
    watch: Mutex<Vec<(Instant, String)>>,
    inventory: tokio::sync::watch::Sender<Arc<Inventory>>,
    reloads: AtomicU64,
}

impl LinkState {
    /// The last status and its age.
    pub(crate) fn sensor(&self) -> Option<(Duration, SensorStatus)> {
        self.status.lock().as_ref().map(|(at, status)| (at.elapsed(), status.clone()))
    }

    fn report(&self, status: SensorStatus) -> StatusAnswer {
        self.take_inventory(&status);
        *self.status.lock() = Some((Instant::now(), status));
        let mut watch = self.watch.lock();
        watch.retain(|(asked, _)| asked.elapsed() < Duration::from_secs(WATCH_SECONDS));
        StatusAnswer {
            watch: watch.iter().map(|(_, container)| container.clone()).collect(),
            reloads: self.reloads.load(Ordering::Relaxed),
        }
    }

    /// The containers of this host, now and whenever they change.
    pub(crate) fn inventory(&self) -> tokio::sync::watch::Receiver<Arc<Inventory>> {
        self.inventory.subscribe()
    }

    /// Containers, for the gateway: told on when anything of them changed.
    fn take_inventory(&self, status: &SensorStatus) {
        let here = status.containers.iter().filter(|container| !container.state.ends_with("removed"));
        let inventory = Inventory { containers: here.map(item).collect() };
        self.inventory.send_if_modified(|known| {
            let changed = **known != inventory;
            if changed {
                *known = Arc::new(inventory);
            }
            changed
        });
    }

    fn watch(&self, container: String) {
        let mut watch = self.watch.lock();
        watch.retain(|(_, known)| *known != container);
        if watch.len() >= WATCHED_MAX {
            watch.remove(0);
        }
        watch.push((Instant::now(), container));
    }
}

fn item(container: &ContainerReport) -> InventoryItem {
    let networks = container.networks.iter().map(|(name, address)| {
        let mut both = NetworkAddress::default();
        if address.contains(':') {
            both.ipv6.clone_from(address);
        } else {
            both.ipv4.clone_from(address);
        }
        (name.clone(), both)
    });
    InventoryItem {
        id: container.id.clone(),
        name: container.name.clone(),
        image: container.image.clone(),
        labels: container.labels.clone(),
        networks: networks.collect(),
        ports: container.ports.clone(),
        host_network: container.host_network,
        // `docker running`
        state: container.state.rsplit(' ').next().unwrap_or_default().to_owned(),
        health: String::new(),
        created_ns: container.created_ns,
    }
}

/// Routes of the unix socket beside the alerts themselves.
pub(crate) fn routes(link: Arc<LinkState>, router: alert_router::Router) -> Router {
    Router::new()
        .route("/sensor/v1/status", post(status))
        .layer(DefaultBodyLimit::max(STATUS_BYTES_MAX))
        .route("/local/v1/ready", get(|| async { "ready\n" }))
        .route("/local/v1/reload", post(reload))
        .route("/local/v1/watch", post(watch))
        .route("/local/v1/sensor", get(sensor))
        .with_state(link)
        .merge(Router::new().route("/local/v1/traces", get(traces)).with_state(router))
}

async fn status(State(link): State<Arc<LinkState>>, Json(status): Json<SensorStatus>) -> Json<StatusAnswer> {
    Json(link.report(status))
}

async fn watch(State(link): State<Arc<LinkState>>, Json(request): Json<WatchRequest>) -> StatusCode {
    link.watch(request.container);
    StatusCode::NO_CONTENT
}

/// The rules themselves never come from here: the sensor reads its own files again.
async fn reload(State(link): State<Arc<LinkState>>) -> StatusCode {
    link.reloads.fetch_add(1, Ordering::Relaxed);
    StatusCode::NO_CONTENT
}

async fn sensor(
    State(link): State<Arc<LinkState>>,
) -> Result<Json<(u64, SensorStatus)>, (StatusCode, &'static str)> {
    let (age, status) = link.sensor().ok_or((StatusCode::NOT_FOUND, "no sensor has reported yet\n"))?;
    Ok(Json((u64::try_from(age.as_millis()).unwrap_or(u64::MAX), status)))
}

#[derive(Debug, Deserialize)]
struct TraceQuery {
    container: String,
}

async fn traces(
    State(router): State<alert_router::Router>,
    Query(query): Query<TraceQuery>,
) -> Json<Vec<TraceReport>> {
    Json(router.traces_of_container(&query.container).into_iter().map(report).collect())
}

fn report(trace: alert_router::Trace) -> TraceReport {
    let ns = |at: i64| u64::try_from(at).unwrap_or(0);
    TraceReport {
        uuid: trace.uuid.to_string(),
        rule: trace.rule,
        container: trace.container_id,
        process: trace.process,
        kernel_ns: ns(trace.event_ns),
        matched_ns: ns(trace.matched_ns.unwrap_or(0)),
        received_ns: ns(trace.received_ns),
        queued_ns: ns(trace.queued_ns),
        handed_ns: ns(trace.handed_ns.unwrap_or(0)),
        stored_ns: ns(trace.stored_ns.unwrap_or(0)),
    }
}

/// Takes connections from root and from the hub's own user only.
pub(crate) struct LocalListener {
    listener: UnixListener,
    refused: Counter,
}

impl LocalListener {
    /// Binds the socket; one left by a dead predecessor is replaced.
    pub(crate) fn bind(path: &Path, registry: &Registry) -> io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let refused =
            registry.counter("link_connections_refused_total", "Connections of users that may not.", &[]);
        let listener = UnixListener::bind(path)?;
        // A sensor in a container of its own is root without the right to pass over file modes.
        // Who may is decided by the peer's credentials.
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666))?;
        Ok(LocalListener { listener, refused })
    }
}

impl axum::serve::Listener for LocalListener {
    type Io = UnixStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (UnixStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, address)) => {
                    let own = rustix::process::geteuid().as_raw();
                    match stream.peer_cred() {
                        Ok(peer) if peer.uid() == 0 || peer.uid() == own => return (stream, address),
                        _ => self.refused.increment(),
                    }
                }
                // Out of file descriptors, most likely: those in use will be given back.
                Err(error) => {
                    tracing::warn!(%error, "cannot take a local connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
