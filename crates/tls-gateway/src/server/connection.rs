//! One connection: handshake, protocol, and a watchdog beside it.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use http::Request;
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::watch,
};
use tokio_rustls::TlsAcceptor;

use super::{Shared, gate::Gated, handler, progress::Progress, tls::Tls};
use crate::{
    exchange::{Connection, TlsFacts},
    limits::{
        H2_HEADER_LIST_BYTES_MAX, H2_PENDING_RESETS_MAX, H2_PING_INTERVAL, H2_PING_TIMEOUT, H2_STREAMS_MAX,
    },
};

/// One request's answer, later.
type Served = std::pin::Pin<Box<dyn Future<Output = Result<handler::Answer, Infallible>> + Send>>;

/// What a connection needs.
pub(super) struct Incomer {
    pub(super) shared: Arc<Shared>,
    pub(super) entry_point: Arc<str>,
    pub(super) tls: Option<Arc<Tls>>,
    pub(super) stop: watch::Receiver<bool>,
}

impl Incomer {
    pub(super) async fn serve(self, stream: TcpStream, peer: SocketAddr) {
        let Ok(local) = stream.local_addr() else { return };
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else {
            let connection = Connection { entry_point: Arc::clone(&self.entry_point), peer, tls: None };
            return self.http1(stream, connection).await;
        };
        let config = match tls.config(local.ip()) {
            Ok(config) => config,
            Err(error) => {
                tracing::error!(%error, "TLS cannot be set up");
                return;
            }
        };
        let patience = Duration::from_secs(self.shared.config.handshake_timeout_s);
        let stream = match tokio::time::timeout(patience, TlsAcceptor::from(config).accept(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                tracing::debug!(%error, %peer, "no TLS");
                return self.shared.metrics.failed_handshakes.increment();
            }
            Err(_) => return self.shared.metrics.refused_connection("handshake_timeout"),
        };
        let session = stream.get_ref().1;
        let facts = TlsFacts {
            version: match session.protocol_version() {
                Some(rustls::ProtocolVersion::TLSv1_3) => "1.3",
                _ => "1.2",
            },
            cipher: session
                .negotiated_cipher_suite()
                .and_then(|suite| suite.suite().as_str())
                .map(|name| name.replace("TLS13_", "TLS_"))
                .unwrap_or_default(),
        };
        let is_h2 = session.alpn_protocol() == Some(b"h2");
        let connection = Connection { entry_point: Arc::clone(&self.entry_point), peer, tls: Some(facts) };
        if is_h2 { self.http2(stream, connection).await } else { self.http1(stream, connection).await }
    }

    async fn http1<S>(self, stream: S, connection: Connection)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let progress = Arc::new(Progress::new());
        let io = TokioIo::new(Gated::new(stream, Arc::clone(&progress), self.shared.config.head_bytes_max));
        let mut builder = http1::Builder::new();
        // The watchdog has its own idea of a slow head: hyper's timer counts idle time too.
        builder.timer(TokioTimer::new()).header_read_timeout(None);
        builder.max_buf_size(self.shared.config.head_bytes_max.max(8192));
        let service = self.service(connection, &progress);
        let served = builder.serve_connection(io, service_fn(service)).with_upgrades();
        let mut served = std::pin::pin!(served);
        let mut watchdog = Watchdog::new(&self.shared, self.stop.clone());
        loop {
            tokio::select! {
                result = served.as_mut() => return note(result),
                event = watchdog.next(&progress) => match event {
                    Event::TooSlow => return self.shared.metrics.refused_connection("slow"),
                    Event::Stop => served.as_mut().graceful_shutdown(),
                },
            }
        }
    }

    async fn http2<S>(self, stream: S, connection: Connection)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let progress = Arc::new(Progress::new());
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .max_concurrent_streams(H2_STREAMS_MAX)
            .max_header_list_size(H2_HEADER_LIST_BYTES_MAX)
            .max_pending_accept_reset_streams(H2_PENDING_RESETS_MAX)
            .max_local_error_reset_streams(H2_PENDING_RESETS_MAX)
            .keep_alive_interval(H2_PING_INTERVAL)
            .keep_alive_timeout(H2_PING_TIMEOUT);
        let service = self.service(connection, &progress);
        let served = builder.serve_connection(TokioIo::new(stream), service_fn(service));
        let mut served = std::pin::pin!(served);
        let mut watchdog = Watchdog::new(&self.shared, self.stop.clone());
        loop {
            tokio::select! {
                result = served.as_mut() => return note(result),
                event = watchdog.next(&progress) => match event {
                    Event::TooSlow => return,
                    Event::Stop => served.as_mut().graceful_shutdown(),
                },
            }
        }
    }

    fn service(
        &self,
        connection: Connection,
        progress: &Arc<Progress>,
    ) -> impl Fn(Request<Incoming>) -> Served + use<> {
        let (shared, connection, progress) =
            (Arc::clone(&self.shared), Arc::new(connection), Arc::clone(progress));
        move |request| {
            let (shared, connection) = (Arc::clone(&shared), Arc::clone(&connection));
            let progress = Arc::clone(&progress);
            Box::pin(async move { Ok(handler::handle(shared, connection, progress, request).await) })
        }
    }
}

fn note(result: Result<(), hyper::Error>) {
    if let Err(error) = result {
        tracing::debug!(%error, "a connection broke off");
    }
}

enum Event {
    TooSlow,
    Stop,
}

/// Looks now and then whether a connection gets on, and listens for the end.
struct Watchdog {
    head: Duration,
    idle: Duration,
    stop: watch::Receiver<bool>,
    stopping: bool,
    timer: std::pin::Pin<Box<tokio::time::Sleep>>,
}

impl Watchdog {
    fn new(shared: &Shared, stop: watch::Receiver<bool>) -> Self {
        let head = Duration::from_secs(shared.config.head_timeout_s.max(1));
        let idle = Duration::from_secs(shared.config.idle_timeout_s.max(1));
        let timer = Box::pin(tokio::time::sleep(head.min(idle)));
        Watchdog { head, idle, stop, stopping: false, timer }
    }

    async fn next(&mut self, progress: &Progress) -> Event {
        loop {
            tokio::select! {
                () = self.timer.as_mut() => match progress.patience(self.head, self.idle) {
                    None => return Event::TooSlow,
                    Some(left) => self.timer.as_mut().reset(tokio::time::Instant::now() + left),
                },
                _ = self.stop.wait_for(|stop| *stop), if !self.stopping => {
                    self.stopping = true;
                    return Event::Stop;
                }
            }
        }
    }
}
