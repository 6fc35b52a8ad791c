//! What every handler needs.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use access_control::Access;
use log_record::{LogDeleter, LogReader, LogWriter};
use log_ruler::Ruler;
use logql_engine::Engine;
use telemetry::{Counter, Registry};

use crate::{config::Config, push::Newest};

/// The API's parts. Cheap to clone; clones share.
#[derive(Clone)]
pub struct LokiApi {
    pub(crate) engine: Arc<Engine>,
    pub(crate) reader: Arc<dyn LogReader>,
    pub(crate) writer: Arc<dyn LogWriter>,
    pub(crate) access: Access,
    pub(crate) config: Arc<Config>,
    pub(crate) registry: Registry,
    pub(crate) metrics: Metrics,
    /// How many each tenant has.
    pub(crate) tails: Arc<Mutex<HashMap<String, usize>>>,
    pub(crate) deleter: Option<Deleter>,
    pub(crate) newest: Arc<Newest>,
    pub(crate) ruler: Option<Ruler>,
}

/// The deleting side of the store.
#[derive(Clone)]
pub(crate) struct Deleter(pub(crate) Arc<dyn LogDeleter>);

/// What the API counts.
#[derive(Clone)]
pub(crate) struct Metrics {
    pub(crate) pushed_entries: Counter,
    pub(crate) pushed_bytes: Counter,
    pub(crate) refused_entries: Counter,
    pub(crate) refused_pushes: Counter,
    pub(crate) refused_tails: Counter,
}

impl LokiApi {
    /// An API over a store, with Loki's defaults.
    pub fn new(
        engine: Arc<Engine>,
        reader: Arc<dyn LogReader>,
        writer: Arc<dyn LogWriter>,
        access: Access,
        registry: &Registry,
    ) -> Self {
        let counter = |name, help| registry.counter(name, help, &[]);
        let metrics = Metrics {
            pushed_entries: counter("loki_pushed_entries_total", "Entries stored by push requests."),
            pushed_bytes: counter("loki_pushed_line_bytes_total", "Bytes of lines stored by push requests."),
            refused_entries: counter("loki_refused_entries_total", "Pushed entries that broke a limit."),
            refused_pushes: counter(
                "loki_refused_pushes_total",
                "Push requests of which nothing was stored.",
            ),
            refused_tails: counter("loki_refused_tails_total", "Tails beyond those that may run at once."),
        };
        LokiApi {
            engine,
            reader,
            writer,
            access,
            config: Arc::default(),
            registry: registry.clone(),
            metrics,
            tails: Arc::default(),
            deleter: None,
            newest: Arc::default(),
            ruler: None,
        }
    }

    /// The same with delete requests; without this their routes answer 404.
    #[must_use]
    pub fn with_deleter(mut self, deleter: Arc<dyn LogDeleter>) -> Self {
        self.deleter = Some(Deleter(deleter));
        self
    }

    /// The same with a ruler; without one there are no rules, and none can be made.
    #[must_use]
    pub fn with_ruler(mut self, ruler: Ruler) -> Self {
        self.ruler = Some(ruler);
        self
    }

    /// The same with other settings.
    #[must_use]
    pub fn with_config(mut self, config: Config) -> Self {
        self.config = Arc::new(config);
        self
    }
}
