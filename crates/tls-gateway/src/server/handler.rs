//! One request, top to bottom.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, Instant, SystemTime},
};

use http::{HeaderValue, Request, Response, StatusCode, Version, header};
use hyper::body::Incoming;

use super::{
    Shared,
    progress::Progress,
    respond::{self, Logged},
};
use crate::{
    body::{Body, ClientBody},
    exchange::{Connection, Exchange, Origin, with_text},
    middleware::{Next, other_scheme, redirect},
    request::{self, Checked, Refusal, client_address, encoded_delicate, strip_foreign, strip_hop_by_hop},
    rule::{RequestView, decode_for_matching},
    upstream::set_aside_upgrade,
};

/// An answer that is logged when its last byte is gone.
pub(super) type Answer = Response<Logged>;

pub(super) async fn handle(
    shared: Arc<Shared>,
    connection: Arc<Connection>,
    progress: Arc<Progress>,
    request: Request<Incoming>,
) -> Answer {
    let active = progress.request();
    let version = request.version();
    let facts = respond::Facts::of(&request);
    let (mut exchange, mut request) = begin(&shared, connection, request);

    // Nothing else sees a request that could be read in two ways.
    let mut response = match request::check(&mut request) {
        Ok(checked) => take(&shared, checked, request, &mut exchange).await,
        Err(Refusal { status, reason }) => {
            let mut response = exchange.refuse(status, reason);
            if version < Version::HTTP_2 {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            response
        }
    };
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        progress.become_raw();
    }
    respond::add_hsts(&mut response, &exchange, shared.config.hsts_s);
    respond::finish(response, exchange, facts, shared, active)
}

/// What is known before anything is looked at.
fn begin(
    shared: &Shared,
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> (Exchange, Request<Body>) {
    let request_bytes = Arc::new(AtomicU64::new(0));
    let client = client_address(request.headers(), connection.peer, &shared.trusted);
    // gRPC streams both ways may be silent for long.
    let is_grpc = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"));
    let timeout = (!is_grpc).then(|| Duration::from_secs(shared.config.body_timeout_s.max(1)));
    let exchange = Exchange {
        connection,
        started: Instant::now(),
        started_at: SystemTime::now(),
        client,
        authority: String::new(),
        host: Arc::from(""),
        route: None,
        user: None,
        request_bytes: Arc::clone(&request_bytes),
        origin: Origin::default(),
        refused: None,
        retries: 0,
        attempts: (1, Duration::ZERO),
    };
    let request = request.map(|body| {
        if hyper::body::Body::is_end_stream(&body) {
            Body::Empty
        } else {
            Body::Client(ClientBody::new(body, request_bytes, timeout))
        }
    });
    (exchange, request)
}

/// Finds the route and takes it.
async fn take(
    shared: &Arc<Shared>,
    checked: Checked,
    mut request: Request<Body>,
    exchange: &mut Exchange,
) -> Response<Body> {
    exchange.authority = checked.authority;
    exchange.host = checked.host;
    let trusted = shared.trusted.holds(exchange.connection.peer.ip());
    set_aside_upgrade(&mut request);
    strip_hop_by_hop(request.headers_mut());
    strip_foreign(request.headers_mut(), trusted);

    let table = shared.table();
    let path = decode_for_matching(request.uri().path());
    let view = RequestView {
        host: &exchange.host,
        path: &path,
        query: request.uri().query().unwrap_or_default(),
        method: request.method(),
        headers: request.headers(),
        peer: exchange.connection.peer.ip().to_canonical(),
    };
    let found = table.find(&exchange.connection.entry_point, &view).cloned();
    drop(path);
    let Some(route) = found else {
        if shared.config.redirect_to_https && !exchange.is_secure() && !exchange.host.is_empty() {
            let port = shared.https_port();
            let target = other_scheme(&request, &exchange.authority, "https", &port);
            return redirect(request.method(), &target, true);
        }
        exchange.refused = Some("no_route");
        return with_text(StatusCode::NOT_FOUND, "404 page not found");
    };
    exchange.route = Some(Arc::clone(&route));
    if encoded_delicate(request.uri().path()) & !route.allowed_encodings != 0 {
        return exchange.refuse(StatusCode::BAD_REQUEST, "encoded_character");
    }
    if route.service.is_local() {
        // Our own services upgrade by themselves.
        crate::upstream::give_back_upgrade(&mut request);
    }
    let next = Next { layers: &route.layers, service: &route.service, shared };
    next.run(request, exchange).await
}
