//! TLS as Mozilla's intermediate profile has it: 1.2 with forward secrecy and AEAD, and 1.3.

use std::{collections::HashMap, net::IpAddr, sync::Arc};

use parking_lot::Mutex;
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    server::{ProducesTickets, ResolvesServerCert},
};

use crate::limits::LOCAL_ADDRESSES_MAX;

/// Gives the resolver for connections to one of our addresses: clients that name an address
/// send no name.
pub type ResolverOf = Box<dyn Fn(IpAddr) -> Arc<dyn ResolvesServerCert> + Send + Sync>;

/// The TLS settings per address of ours.
pub(super) struct Tls {
    resolver_of: ResolverOf,
    provider: Arc<CryptoProvider>,
    tickets: Option<Arc<dyn ProducesTickets>>,
    known: Mutex<HashMap<IpAddr, Arc<ServerConfig>>>,
}

impl Tls {
    pub(super) fn new(resolver_of: ResolverOf) -> Tls {
        Tls {
            resolver_of,
            provider: Arc::new(ring::default_provider()),
            // Stateless: a restart costs clients a handshake, not memory here.
            tickets: ring::Ticketer::new().ok(),
            known: Mutex::default(),
        }
    }

    pub(super) fn config(&self, local: IpAddr) -> Result<Arc<ServerConfig>, rustls::Error> {
        let local = local.to_canonical();
        if let Some(config) = self.known.lock().get(&local) {
            return Ok(Arc::clone(config));
        }
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver((self.resolver_of)(local));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config.ignore_client_order = false;
        // 0-RTT data can be sent twice by anybody who saw it.
        config.max_early_data_size = 0;
        if let Some(tickets) = &self.tickets {
            config.ticketer = Arc::clone(tickets);
        }
        let config = Arc::new(config);
        let mut known = self.known.lock();
        if known.len() >= LOCAL_ADDRESSES_MAX {
            known.clear();
        }
        known.insert(local, Arc::clone(&config));
        Ok(config)
    }
}
