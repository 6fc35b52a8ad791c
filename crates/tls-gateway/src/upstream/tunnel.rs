//! WebSockets: bytes both ways, once both ends have switched.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use telemetry::{Counter, Gauge, Registry};

use crate::limits::TUNNELS_MAX;

/// The open tunnels, bounded and counted.
#[derive(Debug, Clone)]
pub(crate) struct Tunnels {
    open: Arc<AtomicUsize>,
    gauge: Gauge,
    refused: Counter,
}

/// A place among the tunnels, given back when dropped.
pub(crate) struct Slot(Tunnels);

impl Tunnels {
    pub(crate) fn new(registry: &Registry) -> Self {
        Tunnels {
            open: Arc::default(),
            gauge: registry.gauge("gateway_tunnels_open", "WebSockets that are open.", &[]),
            refused: registry.counter("gateway_tunnels_refused_total", "WebSockets above the bound.", &[]),
        }
    }

    pub(crate) fn open(&self) -> Option<Slot> {
        if self.open.fetch_add(1, Ordering::AcqRel) >= TUNNELS_MAX {
            self.open.fetch_sub(1, Ordering::AcqRel);
            self.refused.increment();
            return None;
        }
        self.gauge.add(1);
        Some(Slot(self.clone()))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::AcqRel);
        self.0.gauge.add(-1);
    }
}

/// Copies until either end closes.
pub(super) fn start(client: OnUpgrade, server: OnUpgrade, slot: Slot) {
    tokio::spawn(async move {
        let _slot = slot;
        let both = async { tokio::try_join!(client, server) };
        // The client's end is ready once our 101 is written.
        match tokio::time::timeout(crate::limits::DIAL_TIMEOUT, both).await {
            Ok(Ok((client, server))) => {
                let (mut client, mut server) = (TokioIo::new(client), TokioIo::new(server));
                if let Err(error) = tokio::io::copy_bidirectional(&mut client, &mut server).await {
                    tracing::debug!(%error, "a websocket broke off");
                }
            }
            Ok(Err(error)) => tracing::debug!(%error, "a websocket was not opened"),
            Err(_) => tracing::debug!("a websocket was not opened in time"),
        }
    });
}
