//! One request on its way: what is known of it beside the request itself.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use http::{Request, Response, StatusCode, header};

use crate::{body::Body, table::Route};

/// What all requests of a connection share.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Name of the entry point.
    pub entry_point: Arc<str>,
    /// The other end.
    pub peer: SocketAddr,
    /// How it is encrypted.
    pub tls: Option<TlsFacts>,
}

/// How a connection is encrypted.
#[derive(Debug)]
pub(crate) struct TlsFacts {
    /// `1.2` or `1.3`.
    pub version: &'static str,
    /// The cipher suite's name.
    pub cipher: String,
}

/// The client's address where a trusted proxy stands in front; an extension of every request that
/// is handed to a service in this process.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub SocketAddr);

/// What is known of one request.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// Its connection.
    pub connection: Arc<Connection>,
    /// When it came.
    pub started: Instant,
    /// The same on the clock of the wall.
    pub started_at: SystemTime,
    /// The client's address, by trusted proxies' word.
    pub client: IpAddr,
    /// `host:port` as the client wrote it.
    pub authority: String,
    /// Lower case, without port.
    pub host: Arc<str>,
    /// Which route it took.
    pub route: Option<Arc<Route>>,
    /// Who it is.
    pub user: Option<String>,
    /// Bytes of its body so far.
    pub request_bytes: Arc<AtomicU64>,
    /// What the service said.
    pub origin: Origin,
    /// A reason for a refusal, for the log.
    pub refused: Option<&'static str>,
    /// Tries after the first.
    pub retries: u32,
    /// Tries that a `retry` middleware allows, and the first pause between them.
    pub attempts: (usize, Duration),
}

/// What the service said.
#[derive(Debug, Default)]
pub(crate) struct Origin {
    /// Its name.
    pub service: Option<Arc<str>>,
    /// The server.
    pub server: Option<Arc<str>>,
    /// Its status.
    pub status: Option<StatusCode>,
    /// Until its head was there.
    pub duration: Duration,
}

impl Exchange {
    /// Over TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.connection.tls.is_some()
    }

    /// `https` or `http`.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.is_secure() { "https" } else { "http" }
    }

    /// Bytes of the request's body so far.
    pub(crate) fn request_bytes(&self) -> u64 {
        self.request_bytes.load(Ordering::Relaxed)
    }

    /// A refusal with its usual text.
    pub(crate) fn refuse(&mut self, status: StatusCode, reason: &'static str) -> Response<Body> {
        self.refused = Some(reason);
        plain(status)
    }

    /// The URL as the client sees it.
    pub(crate) fn url(&self, request: &Request<Body>) -> String {
        let target = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        format!("{}://{}{target}", self.scheme(), self.authority)
    }
}

/// A status with its name as text.
pub(crate) fn plain(status: StatusCode) -> Response<Body> {
    with_text(status, status.canonical_reason().unwrap_or("error"))
}

/// A status with a text.
pub(crate) fn with_text(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(Body::text(format!("{text}\n")));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, http::HeaderValue::from_static("nosniff"));
    response
}
