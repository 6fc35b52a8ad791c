//! What rustls asks: a certificate for the name in a handshake.

use std::sync::Arc;

use rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use crate::store::Inner;

/// Answers handshakes; shares everything with the [`crate::Certificates`] it came from.
pub struct Resolver(pub(crate) Arc<Inner>);

impl ResolvesServerCert for Resolver {
    /// A name that is not served gets the certificate of this host's own names: the browser says
    /// that it is for another name, which tells its owner more than a cut handshake.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.for_name(hello.server_name()))
    }
}

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Resolver")
    }
}
