//! Opens the gateway and keeps its routes and certificates fresh.

use std::{
    net::{IpAddr, SocketAddr, TcpListener},
    sync::Arc,
    time::{Duration, Instant},
};

use access_control::Access;
use anyhow::{Context as _, Result};
use axum::Router;
use certificates::Certificates;
use log_record::LogWriter;
use route_discovery::{Discovery, Inventory};
use telemetry::Registry;
use tls_gateway::{
    AccessLog, EntryPoint, EntryPointNames, Gateway, GatewayParts, Guards, Listening, Notice, Plan,
    Resources, Severity, dynamic::Sourced,
};
use tokio::sync::watch;

use super::{
    View,
    config::own_ports,
    own_routes::{OwnServices, users},
};
use crate::config::Config;

/// How often files of routes and certificates are looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// What the gateway leads to and writes to.
pub(crate) struct Services {
    pub(crate) loki: Router,
    pub(crate) page: Router,
    pub(crate) ingest: Router,
    pub(crate) access: Access,
    pub(crate) writer: Arc<dyn LogWriter>,
    pub(crate) registry: Registry,
    /// Containers, as the sensor tells of them.
    pub(crate) inventory: watch::Receiver<Arc<Inventory>>,
}

/// The gateway, ready to be given sockets.
#[derive(Clone)]
pub(crate) struct Door {
    gateway: Gateway,
    view: Arc<View>,
}

impl Door {
    /// Makes certificates and the first route table, and starts to keep both fresh.
    pub(crate) fn open(config: &Config, services: Services, view: &Arc<View>) -> Result<Door> {
        let settings = &config.gateway;
        let registry = services.registry.clone();
        let host_name = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let certificates =
            Certificates::open(&settings.certificates, &config.certificates_dir(), &host_name, &registry)
                .context("the gateway's certificates")?;
        let log = if settings.access_log {
            let tenant = config.hub.outputs.store.tenant.clone();
            AccessLog::into_store(Arc::clone(&services.writer), tenant, &registry)
        } else {
            AccessLog::off()
        };
        let resolver = certificates.resolver();
        let gateway = Gateway::new(GatewayParts {
            config: settings.connections.clone(),
            resolver_of: Box::new(move |_| resolver.clone()),
            resources: Resources::new(Guards::new(services.access.clone())),
            log,
            registry,
        })
        .map_err(|error| anyhow::anyhow!("gateway.connections.{error}"))?;
        let own = OwnServices::new(
            services.loki,
            services.page,
            services.ingest,
            certificates.authority_pem().to_owned(),
        );
        let names = |tls: bool, names: &[String]| {
            let name =
                names.first().cloned().unwrap_or_else(|| if tls { "https" } else { "http" }.to_owned());
            EntryPointNames {
                name: Arc::from(name),
                aliases: names.get(1..).unwrap_or_default().to_vec(),
                tls,
            }
        };
        let own_hosts = certificates.own_names().iter().filter(|name| name.parse::<IpAddr>().is_err());
        let keeper = Keeper {
            plan: Plan {
                sources: Vec::new(),
                internal: own.routes(),
                services: own.named().into(),
                users: users().into(),
                own_hosts: own_hosts.cloned().collect(),
                entry_points: vec![names(true, &settings.https_names), names(false, &settings.http_names)],
            },
            discovery: Discovery::new(settings.discovery.clone(), own_ports(config)),
            certificates,
            gateway: gateway.clone(),
            view: Arc::clone(view),
            from_table: Vec::new(),
        };
        let inventory = services.inventory;
        let keeper = keeper.started(&inventory);
        tokio::spawn(keeper.run(inventory));
        Ok(Door { gateway, view: Arc::clone(view) })
    }

    /// The entry point behind a socket's name.
    pub(crate) async fn serve(
        self,
        name: &'static str,
        entry: String,
        listener: TcpListener,
    ) -> std::io::Result<()> {
        let listening = Listening::new(listener)?;
        let address = listening.address;
        tracing::info!(what = name, %address, "listening");
        self.view.listening(format!("{name} {address}"));
        self.gateway.serve(EntryPoint { name: Arc::from(entry), tls: name == "https", listening }).await
    }

    /// A socket that could not be had: the gateway goes on without it.
    pub(crate) fn missing(
        &self,
        name: &str,
        address: SocketAddr,
        error: &std::io::Error,
        registry: &Registry,
    ) {
        let help = "run with the right to bind it, free the port, or set gateway.https_listen and gateway.http_listen";
        tracing::warn!(what = name, %address, %error, help, "the gateway goes on without this port");
        registry
            .counter("gateway_ports_missing_total", "Ports that could not be listened on.", &[("port", name)])
            .increment();
        self.view.problem(format!("the gateway does not listen on {address} ({name}): {error}; {help}"));
    }

    /// Lets connections end.
    pub(crate) fn stop(&self) {
        self.gateway.stop();
    }
}

/// Puts new routes into force.
struct Keeper {
    plan: Plan,
    discovery: Discovery,
    certificates: Certificates,
    gateway: Gateway,
    view: Arc<View>,
    /// Findings of the table in force.
    from_table: Vec<Notice>,
}

impl Keeper {
    fn started(mut self, inventory: &watch::Receiver<Arc<Inventory>>) -> Self {
        self.discovery.set_inventory(Inventory::clone(&inventory.borrow()));
        self.discovery.refresh_files();
        self.apply(true);
        self
    }

    async fn run(mut self, mut inventory: watch::Receiver<Arc<Inventory>>) {
        let mut ticks = tokio::time::interval(LOOK_INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {
                    // Both read files; small ones.
                    self.discovery.refresh_files();
                    self.certificates.refresh();
                }
                changed = inventory.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let latest = Inventory::clone(&inventory.borrow_and_update());
                    self.discovery.set_inventory(latest);
                }
            }
            self.apply(false);
        }
    }

    /// Makes a table when anything differs from what is in force.
    fn apply(&mut self, first: bool) {
        let (sources, mut notices): (Vec<Sourced>, _) = self.discovery.sources(Instant::now());
        for text in self.certificates.notices() {
            let help = "see gateway.certificates.files";
            notices.push(Notice::new(Severity::Warning, "certificates", "", &text, help));
        }
        if first || sources != self.plan.sources {
            self.plan.sources = sources;
            self.from_table = self.gateway.apply(&self.plan);
            let table = self.gateway.table();
            self.certificates.set_hosts(table.hosts().iter().cloned());
            tracing::info!(hosts = table.hosts().len(), "the gateway's routes are in force");
        }
        notices.extend(self.from_table.iter().cloned());
        self.discovery.set_notices(notices);
        self.view.update(&self.gateway.table(), self.discovery.notices());
    }
}
