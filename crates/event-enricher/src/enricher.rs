//! The enricher: state that outlives events.

use container_runtimes::Directory;
use event::Event;
use telemetry::Registry;

use crate::{Config, Enriched};

/// Turns events into enriched events, in the order in which they happened.
#[derive(Debug)]
pub struct Enricher {
    config: Config,
    directory: Directory,
}

impl Enricher {
    /// An enricher that knows no process yet.
    pub fn new(config: Config, directory: Directory, _registry: &Registry) -> Self {
        Enricher { config, directory }
    }

    /// Learns every process there is now.
    pub fn scan_proc(&mut self) {}

    /// Takes an event into the state and gives a view on it that answers fields.
    pub fn enrich<'e>(&'e mut self, event: &'e Event<'e>) -> Enriched<'e> {
        Enriched { enricher: self, event }
    }
}
