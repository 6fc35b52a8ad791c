//! The client: one request in, one bounded answer out.

use std::{
    future::Future,
    path::{Path, PathBuf},
    pin::Pin,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use tokio::net::UnixStream;

use crate::{
    config::Config,
    error::{ConfigError, Error},
    limits::{IDLE_CONNECTIONS_PER_HOST_MAX, IDLE_SECONDS_MAX},
    target::Target,
    tls,
};

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Response {
    /// `Retry-After` in seconds; its date form is not understood.
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds))
    }
}

/// Sends requests; keeps idle connections. Cheap to clone; clones share the connections.
#[derive(Clone)]
pub struct Client {
    transport: Transport,
    timeout: Duration,
    response_bytes_max: usize,
}

#[derive(Clone)]
enum Transport {
    Network(legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
    Socket(legacy::Client<SocketConnector, Full<Bytes>>, PathBuf),
}

impl Client {
    /// A client for `http` and `https` URLs.
    ///
    /// # Errors
    /// [`ConfigError`] when the TLS settings cannot be used.
    pub fn new(config: &Config) -> Result<Client, ConfigError> {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(Duration::from_millis(config.connect_timeout_ms)));
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls::client_config(&config.tls)?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let client = builder().build(connector);
        Ok(Self::over(Transport::Network(client), config))
    }

    /// A client for one unix socket; only path and query of its targets' URLs matter.
    pub fn unix(socket: &Path, config: &Config) -> Client {
        let client = builder().build(SocketConnector(socket.to_path_buf()));
        Self::over(Transport::Socket(client, socket.to_path_buf()), config)
    }

    fn over(transport: Transport, config: &Config) -> Client {
        Client {
            transport,
            timeout: Duration::from_millis(config.timeout_ms),
            response_bytes_max: config.response_bytes_max,
        }
    }

    /// Sends one request and reads the whole answer. Redirects are answers like any other. The
    /// target's user and password are sent unless `headers` has an `Authorization`.
    ///
    /// # Errors
    /// [`Error`]; an answer with an error status is not an error here.
    pub async fn send(
        &self,
        method: Method,
        target: &Target,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response, Error> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = target.uri.clone();
        *request.headers_mut() = headers;
        if let Some(authorization) = &target.authorization {
            request.headers_mut().entry(header::AUTHORIZATION).or_insert_with(|| authorization.clone());
        }
        let server = || self.server(target);
        match tokio::time::timeout(self.timeout, self.exchange(request, &server)).await {
            Ok(result) => result,
            Err(_) => {
                let timeout_ms = u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX);
                Err(Error::Timeout { server: server(), timeout_ms })
            }
        }
    }

    async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
        server: &(impl Fn() -> String + Sync),
    ) -> Result<Response, Error> {
        let sent = match &self.transport {
            Transport::Network(client) => client.request(request).await,
            Transport::Socket(client, _) => client.request(request).await,
        };
        let response = sent.map_err(|error| {
            let reason = innermost(&error);
            if error.is_connect() {
                Error::Connect { server: server(), reason }
            } else {
                Error::Broken { server: server(), reason }
            }
        })?;
        let (parts, body) = response.into_parts();
        let body = self.read(body, server).await?;
        Ok(Response { status: parts.status, headers: parts.headers, body })
    }

    async fn read(&self, body: Incoming, server: &(impl Fn() -> String + Sync)) -> Result<Bytes, Error> {
        match Limited::new(body, self.response_bytes_max).collect().await {
            Ok(collected) => Ok(collected.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => {
                Err(Error::TooLarge { server: server(), bytes_max: self.response_bytes_max })
            }
            Err(error) => Err(Error::Broken { server: server(), reason: innermost(error.as_ref()) }),
        }
    }

    fn server(&self, target: &Target) -> String {
        match &self.transport {
            Transport::Network(_) => target.server().to_owned(),
            Transport::Socket(_, path) => format!("unix:{}", path.display()),
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

fn builder() -> legacy::Builder {
    let mut builder = legacy::Client::builder(TokioExecutor::new());
    builder
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(Duration::from_secs(IDLE_SECONDS_MAX))
        .pool_max_idle_per_host(IDLE_CONNECTIONS_PER_HOST_MAX);
    builder
}

/// The cause at the bottom: hyper's own messages say only that there was one. None of these texts
/// holds the URL.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// Connects to one unix socket, whatever the URL says.
#[derive(Clone)]
struct SocketConnector(PathBuf);

impl tower::Service<Uri> for SocketConnector {
    type Response = TokioIo<UnixStream>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<TokioIo<UnixStream>, std::io::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let path = self.0.clone();
        Box::pin(async move { Ok(TokioIo::new(UnixStream::connect(path).await?)) })
    }
}
