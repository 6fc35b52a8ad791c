//! The hub's half of the flow: `alert -> queued -> stored -> queried -> seen`.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use access_control::Access;
use alert_router::Router as AlertRouter;
use anyhow::{Context as _, Result};
use axum::Router;
use log_record::{LogReader, LogWriter};
use log_store::Store;
use telemetry::Registry;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::JoinSet,
};

use super::{audit, own_lines::OwnLines};
use crate::{
    config::Config,
    confine::Confinement,
    gateway::{Door, Services, View},
    health::HubHealth,
    link::{self, LinkState, LocalListener},
    listeners::Listeners,
    pipeline::store_routes,
};

/// Threads that answer requests; scans run on threads of their own.
const WORKER_THREADS: usize = 2;
/// Scans and file reads at once.
const BLOCKING_THREADS_MAX: usize = 16;
/// How long open requests may take when the hub is told to stop.
const LAST_REQUESTS_S_MAX: u64 = 5;

/// Runs the hub until it is told to stop.
pub(crate) fn run(config: &Config, listeners: Listeners, confinement: Confinement) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .enable_all()
        .thread_name("hub")
        .build()?;
    let result = runtime.block_on(serve(config, listeners, confinement));
    runtime.shutdown_timeout(Duration::from_secs(LAST_REQUESTS_S_MAX));
    result
}

/// Every folder the hub writes below. Alone, without the supervisor, it makes them itself.
pub(crate) fn folders(config: &Config) -> Result<Vec<PathBuf>> {
    let store = store_config(config).data_dir;
    let queue = queue_config(config).directory;
    let mut folders = vec![config.hub_dir(), config.data_dir.join("run")];
    for other in [store, queue] {
        if folders.iter().all(|known| !other.starts_with(known)) {
            folders.push(other);
        }
    }
    for folder in &folders {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    Ok(folders)
}

async fn serve(config: &Config, listeners: Listeners, confinement: Confinement) -> Result<()> {
    let registry = Registry::default();

    // Who may do what: every listener asks.
    let access = if config.auth {
        Access::open(&config.access_dir())?
    } else {
        tracing::warn!("auth is off: everything that reaches a listener may read and write");
        Access::off()
    };

    // The store: where alerts and lines end, and where every answer comes from.
    let store = Store::open(store_config(config), &registry).context("the store")?;
    let reader: Arc<dyn LogReader> = store.clone();
    let writer: Arc<dyn LogWriter> = store.clone();

    // What is kept of those who come: beside the alerts, for the same queries.
    let own_lines = OwnLines::start(Arc::clone(&writer), config.hub.outputs.store.tenant.clone(), &registry);
    audit::keep(&access, own_lines);

    // The queue in front of it, and of every other output.
    let resources = alert_outputs::Resources { writer: Arc::clone(&writer), registry: registry.clone() };
    let outputs = alert_outputs::build(&config.hub.outputs, &resources)?;
    let router = AlertRouter::open(queue_config(config), outputs, &registry).context("the queue")?;

    // The doors.
    let link_state = Arc::new(LinkState::default());
    let gateway_view = Arc::new(View::default());
    let health = HubHealth::new(config, confinement, &link_state, &router, &store, &registry);
    let health = Arc::new(health.with_gateway(&gateway_view));
    let engine =
        Arc::new(logql_engine::Engine::new(Arc::clone(&reader), config.hub.query.clone(), &registry));
    let ingest = alert_router::ingest::http(router.clone(), Arc::new(access.clone()));
    // LogQL rules: their alerts go to Alertmanagers, not through the queue of the sensor's alerts.
    let ruler =
        log_ruler::Ruler::open(ruler_config(config), Arc::clone(&engine), Arc::clone(&writer), &registry)
            .context("the ruler")?;
    tokio::spawn(ruler.clone().run());
    let gateway_writer = Arc::clone(&writer);
    let loki = loki_api::LokiApi::new(engine, Arc::clone(&reader), writer, access.clone(), &registry);
    let loki = loki.with_ruler(ruler);
    let loki = loki_api::http(loki.with_config(config.hub.loki.clone()).with_deleter(store.clone()));
    let subscriber = router.clone();
    let page = web_api::http(web_api::WebApi {
        reader,
        tenant: config.hub.outputs.store.tenant.clone(),
        access: access.clone(),
        health,
        live: Arc::new(move || subscriber.subscribe()),
        registry: registry.clone(),
    });
    let inventory = link_state.inventory();
    let local =
        alert_router::ingest::sensor_link(router.clone()).merge(link::routes(link_state, router.clone()));
    let local = local.merge(store_routes::routes(store.clone()));

    let services = Services {
        loki: loki.clone(),
        page: page.clone(),
        ingest: ingest.clone(),
        access: access.clone(),
        writer: gateway_writer,
        registry: registry.clone(),
        inventory,
    };

    let mut doors = Doors::new(listeners);
    if config.gateway.enabled {
        doors.open_gateway(config, Door::open(config, services, &gateway_view)?, &registry);
    }
    doors
        .open_local(LocalListener::bind(&config.hub_socket(), &registry).context("the hub's socket")?, local);
    doors.open("ingest", config.hub.ingest_listen, ingest)?;
    doors.open("loki", config.hub.loki_listen, loki)?;
    doors.open("page", config.hub.web_listen, page)?;
    if let Some(code) = access.setup_code() {
        tracing::info!(
            "no user yet: open http://{} and enter the one-time code {code}",
            config.hub.web_listen
        );
    }
    tracing::info!("the hub is ready");

    doors.until_stopped().await?;
    router.shutdown().await;
    drop(store);
    Ok(())
}

pub(crate) fn store_config(config: &Config) -> log_store::Config {
    let mut store = config.hub.store.clone();
    place(&mut store.data_dir, log_store::Config::default().data_dir, config.hub_dir().join("store"));
    store.selectors = log_store::Selectors(Arc::new(logql_engine::LogQlSelectors));
    store
}

fn ruler_config(config: &Config) -> log_ruler::Config {
    let mut ruler = config.hub.ruler.clone();
    place(&mut ruler.directory, log_ruler::Config::default().directory, config.hub_dir().join("rules"));
    ruler
}

fn queue_config(config: &Config) -> alert_router::Config {
    let mut queue = config.hub.router.clone();
    let default = alert_router::Config::default().directory;
    place(&mut queue.directory, default, config.hub_dir().join("queue"));
    queue
}

/// A folder that the configuration leaves at its default lies in the data folder.
fn place(folder: &mut PathBuf, default: PathBuf, own: PathBuf) {
    if *folder == default {
        *folder = own;
    }
}

/// The listeners, and how they close together.
struct Doors {
    /// Sockets of the supervisor that no door has taken yet.
    listeners: Listeners,
    tasks: JoinSet<std::io::Result<()>>,
    gateway: Option<Door>,
    stop: watch::Sender<bool>,
}

impl Doors {
    fn new(listeners: Listeners) -> Self {
        Doors { listeners, tasks: JoinSet::new(), gateway: None, stop: watch::Sender::new(false) }
    }

    fn open_local(&mut self, listener: LocalListener, routes: Router) {
        let stopped = self.stopped();
        self.tasks.spawn(async move { axum::serve(listener, routes).with_graceful_shutdown(stopped).await });
    }

    fn open(&mut self, what: &'static str, address: SocketAddr, routes: Router) -> Result<()> {
        let listener = self.listeners.take(what, address).with_context(|| {
            format!("cannot listen on {address} ({what}); `quaywatch doctor` says who has it")
        })?;
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
        let stopped = self.stopped();
        self.tasks.spawn(async move { axum::serve(listener, routes).with_graceful_shutdown(stopped).await });
        tracing::info!(what, %address, "listening");
        Ok(())
    }

    /// Unlike the others, this door stays partly shut when a port cannot be had: it needs rights
    /// that an owner may not want to give.
    fn open_gateway(&mut self, config: &Config, door: Door, registry: &Registry) {
        for (name, address) in config.gateway.wanted_listeners() {
            let names =
                if name == "https" { &config.gateway.https_names } else { &config.gateway.http_names };
            let entry = names.first().cloned().unwrap_or_else(|| name.to_owned());
            match self.listeners.take(name, address) {
                Ok(listener) => {
                    self.tasks.spawn(door.clone().serve(name, entry, listener));
                }
                Err(error) => door.missing(name, address, &error, registry),
            }
        }
        self.gateway = Some(door);
    }

    fn stopped(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut stop = self.stop.subscribe();
        async move {
            let _ = stop.wait_for(|stop| *stop).await;
        }
    }

    /// Waits for a signal, then closes all doors and gives open requests a moment.
    async fn until_stopped(mut self) -> Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            Some(ended) = self.tasks.join_next() => {
                ended??;
                anyhow::bail!("a listener ended by itself");
            }
        }
        self.stop.send_replace(true);
        if let Some(gateway) = &self.gateway {
            gateway.stop();
        }
        let all = async { while self.tasks.join_next().await.is_some() {} };
        // A live stream never ends by itself.
        let _ = tokio::time::timeout(Duration::from_secs(LAST_REQUESTS_S_MAX), all).await;
        Ok(())
    }
}
