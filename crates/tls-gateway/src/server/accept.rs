//! Taking connections: bounded in all and per address.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};

use super::Shared;

/// Places for connections.
#[derive(Debug, Clone)]
pub(super) struct Places {
    all: Arc<Semaphore>,
    per_address: Arc<Mutex<HashMap<IpAddr, usize>>>,
    per_address_max: usize,
}

/// One connection's place, given back when dropped.
pub(super) struct Place {
    _all: OwnedSemaphorePermit,
    address: IpAddr,
    per_address: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Places {
    pub(super) fn new(all: usize, per_address_max: usize) -> Self {
        let all = Arc::new(Semaphore::new(all.clamp(1, Semaphore::MAX_PERMITS)));
        Places { all, per_address: Arc::default(), per_address_max: per_address_max.max(1) }
    }

    /// The next connection that has a place. Waits while all are taken: then connections queue in
    /// the kernel.
    pub(super) async fn accept(
        &self,
        listener: &TcpListener,
        shared: &Shared,
    ) -> (TcpStream, SocketAddr, Place) {
        loop {
            let Ok(permit) = Arc::clone(&self.all).acquire_owned().await else {
                std::future::pending().await
            };
            let (stream, peer) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of descriptors, most likely: those in use will be given back.
                    shared.metrics.refused_connection("accept");
                    tracing::debug!(%error, "cannot take a connection");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            };
            let address = counted(peer.ip());
            let mut per_address = self.per_address.lock();
            let count = per_address.entry(address).or_insert(0);
            if *count >= self.per_address_max {
                shared.metrics.refused_connection("address");
                continue;
            }
            *count += 1;
            drop(per_address);
            let place = Place { _all: permit, address, per_address: Arc::clone(&self.per_address) };
            return (stream, peer, place);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut per_address = self.per_address.lock();
        if let Some(count) = per_address.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                per_address.remove(&self.address);
            }
        }
    }
}

/// An IPv6 client owns its /64.
fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}
