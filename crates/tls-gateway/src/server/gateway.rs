//! The gateway as a whole: made once, told about new tables, stopped.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use telemetry::Registry;
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use super::{
    Config, Listening, Resources, Shared,
    accept::Places,
    connection::Incomer,
    tls::{ResolverOf, Tls},
};
use crate::{
    access_log::AccessLog,
    notice::Notice,
    table::{Plan, Table},
};

/// What a gateway is made from.
pub struct GatewayParts {
    /// Settings.
    pub config: Config,
    /// Certificates.
    pub resolver_of: ResolverOf,
    /// Throttles, users, connections to servers.
    pub resources: Resources,
    /// Where the access log goes.
    pub log: AccessLog,
    /// Where counters go.
    pub registry: Registry,
}

/// A listening socket and what it is.
pub struct EntryPoint {
    /// Its name, as routers call it.
    pub name: Arc<str>,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// The socket.
    pub listening: Listening,
}

/// The running gateway. Cheap to clone; clones share.
#[derive(Clone)]
pub struct Gateway {
    shared: Arc<Shared>,
    resources: Arc<Resources>,
    tls: Arc<Tls>,
    places: Places,
    stop: watch::Sender<bool>,
}

impl Gateway {
    /// A gateway without any route and any socket.
    ///
    /// # Errors
    /// When a setting cannot be read.
    pub fn new(parts: GatewayParts) -> Result<Gateway, String> {
        let places = Places::new(parts.config.connections_max, parts.config.connections_per_address_max);
        Ok(Gateway {
            shared: Arc::new(Shared::new(parts.config, parts.log, &parts.registry)?),
            resources: Arc::new(parts.resources),
            tls: Arc::new(Tls::new(parts.resolver_of)),
            places,
            stop: watch::Sender::new(false),
        })
    }

    /// Makes a table of the plan and puts it in force: requests under way keep the one they began
    /// with. What could not be made is in the notices.
    pub fn apply(&self, plan: &Plan) -> Vec<Notice> {
        let (table, notices) = Table::build(plan, &self.resources, Some(&self.shared.table()));
        self.shared.swap(Arc::new(table));
        notices
    }

    /// The table in force.
    pub fn table(&self) -> Arc<Table> {
        self.shared.table()
    }

    /// Serves one socket until the gateway stops, then until its connections ended or their time
    /// is up.
    ///
    /// # Errors
    /// When the socket is none.
    pub async fn serve(&self, entry: EntryPoint) -> std::io::Result<()> {
        let listener = TcpListener::from_std(entry.listening.listener)?;
        if entry.tls {
            self.shared.note_https_port(entry.listening.address);
        }
        let mut connections = JoinSet::new();
        let mut stop = self.stop.subscribe();
        loop {
            tokio::select! {
                (stream, peer, place) = self.places.accept(&listener, &self.shared) => {
                    let incomer = Incomer {
                        shared: Arc::clone(&self.shared),
                        entry_point: Arc::clone(&entry.name),
                        tls: entry.tls.then(|| Arc::clone(&self.tls)),
                        stop: self.stop.subscribe(),
                    };
                    let open = self.shared.metrics.connection(&entry.name);
                    connections.spawn(async move {
                        let _held = (place, open);
                        incomer.serve(stream, peer).await;
                    });
                }
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                _ = stop.wait_for(|stop| *stop) => break,
            }
        }
        drop(listener);
        let drain = Duration::from_secs(self.shared.config.drain_timeout_s);
        let all = async { while connections.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(drain, all).await;
        Ok(())
    }

    /// Takes no more connections and ends those that are open after their last answer.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }
}

/// The port that redirects name.
#[derive(Debug, Default)]
pub(super) struct HttpsPort(AtomicU16);

impl Shared {
    fn note_https_port(&self, address: SocketAddr) {
        self.https.0.store(address.port(), Ordering::Relaxed);
    }

    /// Empty for the usual one.
    pub(crate) fn https_port(&self) -> String {
        let port = match self.config.https_port {
            0 => self.https.0.load(Ordering::Relaxed),
            port => port,
        };
        if matches!(port, 0 | 443) { String::new() } else { port.to_string() }
    }
}
