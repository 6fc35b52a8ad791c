//! Tells subscribers (the page) of each alert that is safe.

use std::sync::Arc;

use alert::Alert;
use telemetry::{Counter, Registry};
use tokio::sync::broadcast;

use crate::limits::SUBSCRIBER_LAG_MAX;

/// A bounded broadcast that counts what its slowest subscriber misses.
#[derive(Debug, Clone)]
pub(crate) struct Announcer {
    sender: broadcast::Sender<Arc<Alert>>,
    missed: Counter,
}

impl Announcer {
    pub(crate) fn new(registry: &Registry) -> Self {
        let help = "Alerts the slowest subscriber was not shown live.";
        Announcer {
            sender: broadcast::channel(SUBSCRIBER_LAG_MAX).0,
            missed: registry.counter("alert_router_missed_live_alerts_total", help, &[]),
        }
    }

    pub(crate) fn send(&self, alert: &Arc<Alert>) {
        if self.sender.len() >= SUBSCRIBER_LAG_MAX {
            self.missed.increment();
        }
        // Nobody listens: nothing to do.
        let _ = self.sender.send(alert.clone());
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<Alert>> {
        self.sender.subscribe()
    }
}
