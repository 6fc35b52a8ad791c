//! One request to one server and its answer back, with another server when one cannot be reached.

use std::{
    error::Error as _,
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri, Version, header,
    uri::PathAndQuery,
};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use parking_lot::Mutex;

use super::{Balancer, Target, tunnel};
use crate::{
    body::{Body, BoxError},
    exchange::{Exchange, with_text},
    limits::{ANSWER_HEAD_TIMEOUT, RETRY_ATTEMPTS_MAX, RETRY_PAUSE_MAX},
    request::{is_websocket, strip_response},
    server::Shared,
};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_SERVER: HeaderName = HeaderName::from_static("x-forwarded-server");
const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

impl Balancer {
    pub(crate) async fn call(
        &self,
        mut request: Request<Body>,
        exchange: &mut Exchange,
        shared: &Shared,
    ) -> Response<Body> {
        exchange.origin.service = Some(Arc::clone(&self.name));
        // Kept by the extension that `strip_hop_by_hop` leaves: the upgrade itself is ours.
        let websocket = request.extensions_mut().remove::<Websocket>();
        set_forwarded(request.headers_mut(), exchange, shared, websocket.is_some());
        let begin = Instant::now();
        let mut tried = Vec::new();
        let (attempts, mut pause) = exchange.attempts;
        // A server that cannot be connected to costs nothing: the next one is asked in any case.
        let attempts = attempts.max(self.targets.len()).clamp(1, RETRY_ATTEMPTS_MAX);
        let (parts, body) = request.into_parts();
        let body = Returnable::new(body);
        loop {
            let Some((index, target, set_cookie)) = self.choose(&parts.headers, &tried) else {
                exchange.refused.get_or_insert("no_server");
                return with_text(StatusCode::SERVICE_UNAVAILABLE, "no available server");
            };
            tried.push(index);
            exchange.origin.server = Some(Arc::clone(&target.url));
            let outgoing = self.outgoing(&parts, body.clone(), target, websocket.is_some());
            let Some(outgoing) = outgoing else { return exchange.refuse(StatusCode::BAD_REQUEST, "target") };
            let answer = tokio::time::timeout(ANSWER_HEAD_TIMEOUT, self.client.request(outgoing)).await;
            exchange.origin.duration = begin.elapsed();
            let error = match answer {
                Err(_) => {
                    exchange.refused = Some("origin_timeout");
                    return with_text(StatusCode::GATEWAY_TIMEOUT, "Gateway Timeout");
                }
                Ok(Ok(answer)) => {
                    exchange.origin.status = Some(answer.status());
                    let cookie = if set_cookie { self.cookie(target) } else { None };
                    return finish(answer, websocket, cookie, exchange, shared);
                }
                Ok(Err(error)) => error,
            };
            let again = error.is_connect() && tried.len() < attempts && !body.was_read();
            if !again {
                return refused(&error, exchange);
            }
            exchange.retries += 1;
            if tried.len() >= self.targets.len() {
                tried.clear();
                if exchange.attempts.0 <= exchange.retries as usize {
                    return refused(&error, exchange);
                }
            }
            if !pause.is_zero() {
                tokio::time::sleep(pause.min(RETRY_PAUSE_MAX)).await;
                pause = pause.saturating_mul(2);
            }
        }
    }

    fn outgoing(
        &self,
        parts: &http::request::Parts,
        body: Returnable,
        target: &Target,
        websocket: bool,
    ) -> Option<Request<Body>> {
        let path = parts.uri.path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/"));
        let path = if target.base_path.is_empty() {
            path
        } else {
            PathAndQuery::try_from(format!("{}{path}", target.base_path)).ok()?
        };
        let mut uri = http::uri::Parts::default();
        uri.scheme = Some(target.scheme.clone());
        uri.authority = Some(target.authority.clone());
        uri.path_and_query = Some(path);
        let mut outgoing = Request::new(body.into_body());
        *outgoing.method_mut() = parts.method.clone();
        *outgoing.uri_mut() = Uri::from_parts(uri).ok()?;
        *outgoing.headers_mut() = parts.headers.clone();
        *outgoing.version_mut() = if self.http2 { Version::HTTP_2 } else { Version::HTTP_11 };
        let headers = outgoing.headers_mut();
        if self.http2 {
            // HTTP/2 names the server in the target.
            headers.remove(header::HOST);
        } else if !self.pass_host || !headers.contains_key(header::HOST) {
            headers.insert(header::HOST, HeaderValue::from_str(target.authority.as_str()).ok()?);
        }
        if websocket {
            headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        }
        Some(outgoing)
    }
}

/// A request for a WebSocket, and the client's end of it.
#[derive(Clone)]
pub(crate) struct Websocket(pub(crate) Arc<Mutex<Option<hyper::upgrade::OnUpgrade>>>);

fn refused(error: &hyper_util::client::legacy::Error, exchange: &mut Exchange) -> Response<Body> {
    if error.is_connect() {
        exchange.refused = Some("origin_unreachable");
        tracing::debug!(%error, server = exchange.origin.server.as_deref(), "a server cannot be reached");
        return with_text(StatusCode::BAD_GATEWAY, "Bad Gateway");
    }
    // The body may have ended the request: too slow, too large, or the client is gone.
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.is::<crate::body::TooSlow>() {
            exchange.refused = Some("slow_body");
            return with_text(StatusCode::REQUEST_TIMEOUT, "Request Timeout");
        }
        if let Some(inner) = inner.downcast_ref::<hyper::Error>()
            && (inner.is_body_write_aborted() || inner.is_parse())
        {
            tracing::debug!(%error, "a server's answer or a client's body broke off");
        }
        cause = inner.source();
    }
    exchange.refused = Some("origin_broken");
    with_text(StatusCode::BAD_GATEWAY, "Bad Gateway")
}

fn finish(
    mut answer: Response<hyper::body::Incoming>,
    websocket: Option<Websocket>,
    cookie: Option<HeaderValue>,
    exchange: &mut Exchange,
    shared: &Shared,
) -> Response<Body> {
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        let Some(client) = websocket.and_then(|websocket| websocket.0.lock().take()) else {
            // Nobody asked for it: a server that switches on its own is not to be believed.
            exchange.refused = Some("unasked_upgrade");
            return with_text(StatusCode::BAD_GATEWAY, "Bad Gateway");
        };
        let is_websocket = answer
            .headers()
            .get(header::UPGRADE)
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"));
        let Some(slot) = shared.tunnels.open().filter(|_| is_websocket) else {
            exchange.refused = Some("tunnel");
            return with_text(StatusCode::BAD_GATEWAY, "Bad Gateway");
        };
        tunnel::start(client, hyper::upgrade::on(&mut answer), slot);
        let (mut parts, _) = answer.into_parts();
        strip_response(&mut parts.headers);
        parts.headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        parts.headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        return Response::from_parts(parts, Body::Empty);
    }
    let (mut parts, body) = answer.into_parts();
    strip_response(&mut parts.headers);
    if let Some(cookie) = cookie {
        parts.headers.append(header::SET_COOKIE, cookie);
    }
    Response::from_parts(parts, Body::Upstream(body))
}

/// Says who asks and how, in the headers that servers behind a proxy read.
pub(crate) fn set_forwarded(headers: &mut HeaderMap, exchange: &Exchange, shared: &Shared, websocket: bool) {
    let peer = exchange.connection.peer.ip().to_canonical();
    let secure = exchange.is_secure();
    let appended = match headers.get(&FORWARDED_FOR).and_then(|value| value.to_str().ok()) {
        Some(known) => format!("{known}, {peer}"),
        None => peer.to_string(),
    };
    if let Ok(value) = HeaderValue::try_from(appended) {
        headers.insert(FORWARDED_FOR, value);
    }
    let mut absent = |name: HeaderName, value: &str| {
        if let http::header::Entry::Vacant(entry) = headers.entry(name)
            && let Ok(value) = HeaderValue::from_str(value)
        {
            entry.insert(value);
        }
    };
    absent(REAL_IP, &client_text(exchange.client));
    absent(
        FORWARDED_PROTO,
        match (websocket, secure) {
            (true, true) => "wss",
            (true, false) => "ws",
            (false, true) => "https",
            (false, false) => "http",
        },
    );
    absent(FORWARDED_HOST, &exchange.authority);
    let port = match exchange.authority.rsplit_once(':') {
        Some((_, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => port,
        _ if secure => "443",
        _ => "80",
    };
    absent(FORWARDED_PORT, port);
    absent(FORWARDED_SERVER, &shared.hostname);
    if let Ok(host) = HeaderValue::from_str(&exchange.authority)
        && !exchange.authority.is_empty()
    {
        headers.insert(header::HOST, host);
    }
}

fn client_text(client: IpAddr) -> String {
    client.to_canonical().to_string()
}

/// A body that can be given to another server as long as no byte of it was taken.
#[derive(Clone)]
struct Returnable(Arc<Mutex<(Body, bool)>>, bool);

impl Returnable {
    fn new(body: Body) -> Self {
        let empty = body.is_end_stream();
        Returnable(Arc::new(Mutex::new((body, false))), empty)
    }

    fn was_read(&self) -> bool {
        self.0.lock().1
    }

    fn into_body(self) -> Body {
        if self.1 { Body::Empty } else { Body::boxed(self) }
    }
}

impl HttpBody for Returnable {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut inner = self.0.lock();
        inner.1 = true;
        Pin::new(&mut inner.0).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().0.size_hint()
    }
}

/// Whether this request is for a WebSocket; if so, the client's end is kept aside for it.
pub(crate) fn set_aside_upgrade(request: &mut Request<Body>) {
    if is_websocket(request) {
        let upgrade = hyper::upgrade::on(&mut *request);
        request.extensions_mut().insert(Websocket(Arc::new(Mutex::new(Some(upgrade)))));
    }
}

/// Hands the client's end back, for a service of this process, with the headers that ask for it.
pub(crate) fn give_back_upgrade(request: &mut Request<Body>) {
    let Some(websocket) = request.extensions_mut().remove::<Websocket>() else { return };
    if let Some(upgrade) = websocket.0.lock().take() {
        request.extensions_mut().insert(upgrade);
    }
    request.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    request.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
}

/// For `retry` settings out of range.
pub(crate) fn bounded_attempts(attempts: usize, pause: Duration) -> (usize, Duration) {
    (attempts.min(RETRY_ATTEMPTS_MAX), pause.min(RETRY_PAUSE_MAX))
}
