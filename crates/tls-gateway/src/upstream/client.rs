//! The clients that talk to servers: one pool of connections per way of talking.

use std::{collections::HashMap, sync::Arc, time::Duration};

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use parking_lot::Mutex;
use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
};

use crate::{
    body::Body,
    dynamic::ServersTransport,
    limits::{DIAL_TIMEOUT, UPSTREAM_IDLE_CONNECTIONS_MAX, UPSTREAM_IDLE_TIMEOUT, UPSTREAM_TRANSPORTS_MAX},
};

/// Sends requests to servers and keeps connections.
pub(crate) type Upstream = Client<HttpsConnector<HttpConnector>, Body>;

/// How a server is talked to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Way {
    http2_only: bool,
    insecure: bool,
    root_files: Vec<String>,
}

/// All clients; kept over changes of the configuration, so that connections are.
#[derive(Debug, Default)]
pub(crate) struct Clients(Mutex<HashMap<Way, Arc<Upstream>>>);

impl Clients {
    /// The client for this transport; `http2_only` is for `h2c`.
    pub(crate) fn get(
        &self,
        http2_only: bool,
        transport: Option<&ServersTransport>,
    ) -> Result<Arc<Upstream>, String> {
        let way = Way {
            http2_only,
            insecure: transport.is_some_and(|transport| transport.insecure_skip_verify),
            root_files: transport.map(|transport| transport.root_cas.to_vec()).unwrap_or_default(),
        };
        let mut known = self.0.lock();
        if let Some(client) = known.get(&way) {
            return Ok(Arc::clone(client));
        }
        if known.len() >= UPSTREAM_TRANSPORTS_MAX {
            known.clear();
        }
        let client = Arc::new(make(&way)?);
        known.insert(way, Arc::clone(&client));
        Ok(client)
    }
}

fn make(way: &Way) -> Result<Upstream, String> {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(DIAL_TIMEOUT));
    connector.set_keepalive(Some(Duration::from_secs(60)));
    let tls = HttpsConnectorBuilder::new().with_tls_config(tls_config(way)?).https_or_http();
    let connector = tls.enable_http1().wrap_connector(connector);
    let mut builder = Client::builder(TokioExecutor::new());
    builder
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(UPSTREAM_IDLE_TIMEOUT)
        .pool_max_idle_per_host(UPSTREAM_IDLE_CONNECTIONS_MAX)
        .set_host(false)
        .http2_only(way.http2_only);
    Ok(builder.build(connector))
}

fn tls_config(way: &Way) -> Result<ClientConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    if way.insecure {
        let verifier = Arc::new(TrustAnybody(provider));
        return Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth());
    }
    let mut roots = RootCertStore::empty();
    for file in &way.root_files {
        let certificates = CertificateDer::pem_file_iter(file).map_err(|error| format!("{file}: {error}"))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| format!("{file}: {error}"))?;
            roots.add(certificate).map_err(|error| format!("{file}: {error}"))?;
        }
    }
    if way.root_files.is_empty() {
        roots.add_parsable_certificates(system_roots());
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Read once: it takes milliseconds.
fn system_roots() -> Vec<CertificateDer<'static>> {
    static ROOTS: std::sync::OnceLock<Vec<CertificateDer<'static>>> = std::sync::OnceLock::new();
    ROOTS.get_or_init(|| rustls_native_certs::load_native_certs().certs).clone()
}

/// For `insecureSkipVerify`: still a proof that the server has the key of what it shows.
#[derive(Debug)]
struct TrustAnybody(Arc<CryptoProvider>);

impl ServerCertVerifier for TrustAnybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
