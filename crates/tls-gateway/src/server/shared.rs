//! What all connections share.

use std::sync::Arc;

use parking_lot::RwLock;
use telemetry::Registry;

use super::{Config, Guards, gateway::HttpsPort};
use crate::{
    access_log::AccessLog,
    metrics::Metrics,
    request::Trusted,
    table::Table,
    upstream::{Clients, Tunnels},
};

/// What outlives every configuration: connections to servers, throttles, users.
#[derive(Debug)]
pub struct Resources {
    pub(crate) clients: Clients,
    pub(crate) guards: Arc<Guards>,
}

impl Resources {
    /// Resources over these guards.
    pub fn new(guards: Guards) -> Self {
        Resources { clients: Clients::default(), guards: Arc::new(guards) }
    }
}

/// What all connections share.
pub(crate) struct Shared {
    table: RwLock<Arc<Table>>,
    pub(crate) config: Config,
    pub(crate) trusted: Trusted,
    pub(crate) hostname: String,
    pub(crate) tunnels: Tunnels,
    pub(crate) metrics: Metrics,
    pub(crate) log: AccessLog,
    pub(super) https: HttpsPort,
}

impl Shared {
    pub(super) fn new(config: Config, log: AccessLog, registry: &Registry) -> Result<Shared, String> {
        let trusted = Trusted::new(&config.trusted_proxies)
            .map_err(|range| format!("trusted_proxies: {range:?} is neither an address nor a range"))?;
        Ok(Shared {
            table: RwLock::default(),
            trusted,
            config,
            hostname: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            tunnels: Tunnels::new(registry),
            metrics: Metrics::new(registry),
            log,
            https: HttpsPort::default(),
        })
    }

    /// The table in force; a request keeps the one it began with.
    pub(crate) fn table(&self) -> Arc<Table> {
        Arc::clone(&self.table.read())
    }

    pub(super) fn swap(&self, table: Arc<Table>) {
        *self.table.write() = table;
        self.metrics.reloads.increment();
    }
}
