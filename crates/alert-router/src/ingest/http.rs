//! The ingest listener: what Falco's `http_output` and Falcosidekick's senders speak.
//!
//! As Falcosidekick: `POST` to `/` and to every path without a meaning of its own takes alerts,
//! whatever the content type; `/ping` and `/healthz` are open. Unlike it: a token is asked for
//! (`?token=…` or `/t/<token>` in the URL, since Falco cannot send a header, or `Authorization`),
//! arrays and several objects in one body are taken, and 200 means that the alert is on disk.
//! No URL is ever logged here: it may hold a token.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use access_control::{Access, Denied, Presented, Right};
use axum::{
    Router as Routes,
    body::Body,
    extract::{ConnectInfo, Request, State},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use http::{HeaderValue, Method, StatusCode, header};
use telemetry::Counter;

use super::{answer::Rejection, body};
use crate::router::Router;

#[derive(Clone)]
struct Door {
    router: Router,
    access: Arc<Access>,
    bodies: body::BodyReader,
    requests: Counter,
    denied: Counter,
}

/// The routes of the ingest listener.
pub fn http(router: Router, access: Arc<Access>) -> Routes {
    let registry = router.registry();
    let door = Door {
        requests: registry.counter("ingest_accepted_requests_total", "Bodies that were taken.", &[]),
        denied: registry.counter("ingest_denied_requests_total", "Requests without the right.", &[]),
        bodies: body::BodyReader::default(),
        router,
        access,
    };
    Routes::new()
        .route("/ping", any(|| async { "pong\n" }))
        .route("/healthz", any(healthz))
        .route("/metrics", get(metrics))
        .fallback(alerts)
        .with_state(door)
}

async fn healthz() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], "{\"status\": \"ok\"}").into_response()
}

async fn metrics(State(door): State<Door>, request: Request) -> Response {
    if let Err(denied) = door.authorize(Credentials::of(&request), Right::Read).await {
        return denied;
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], door.router.registry().exposition())
        .into_response()
}

async fn alerts(State(door): State<Door>, request: Request) -> Response {
    if request.method() != Method::POST {
        let allow = [(header::ALLOW, "POST")];
        return (StatusCode::METHOD_NOT_ALLOWED, allow, "alerts are sent with POST\n").into_response();
    }
    if let Err(denied) = door.authorize(Credentials::of(&request), Right::Write).await {
        return denied;
    }
    match door.take(request.into_body()).await {
        Ok(()) => {
            door.requests.increment();
            StatusCode::OK.into_response()
        }
        Err(rejection) => {
            count_rejection(&door.router, &rejection);
            rejection.into_response()
        }
    }
}

/// Counts a refused body by its reason.
pub(crate) fn count_rejection(router: &Router, rejection: &Rejection) {
    let labels = [("reason", rejection.reason())];
    let help = "Bodies that were refused as a whole.";
    router.registry().counter("ingest_rejected_requests_total", help, &labels).increment();
}

impl Door {
    async fn take(&self, body: Body) -> Result<(), Rejection> {
        let (bytes, _permit) = self.bodies.read(body).await?;
        let alerts = body::parse_foreign(&bytes, self.router.now_ns())?;
        drop(bytes);
        self.router.ingest(alerts).await?;
        Ok(())
    }

    /// Before the body is read, so that strangers cost nothing.
    async fn authorize(&self, credentials: Credentials, right: Right) -> Result<(), Response> {
        let access = self.access.clone();
        // A password costs tens of milliseconds the first time; a token in the URL is cheap.
        let may_be_slow = credentials.authorization.is_some();
        let check = move || access.authorize(&credentials.presented(), right).map(|_| ());
        let result = if may_be_slow { tokio::task::spawn_blocking(check).await } else { Ok(check()) };
        let denied = match result {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(denied)) => denied,
            Err(_) => return Err(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
        };
        self.denied.increment();
        Err(answer_denied(&denied))
    }
}

/// What a request presented, taken out of it.
struct Credentials {
    authorization: Option<String>,
    url_token: Option<String>,
    peer: Option<IpAddr>,
}

impl Credentials {
    fn of(request: &Request) -> Self {
        let authorization = request.headers().get(header::AUTHORIZATION);
        Credentials {
            authorization: authorization.and_then(|value| value.to_str().ok()).map(str::to_owned),
            url_token: url_token(request.uri()),
            peer: request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip()),
        }
    }

    fn presented(&self) -> Presented<'_> {
        Presented {
            authorization: self.authorization.as_deref(),
            url_token: self.url_token.as_deref(),
            session: None,
            peer: self.peer,
        }
    }
}

fn answer_denied(denied: &Denied) -> Response {
    let status = match denied {
        Denied::Missing | Denied::Wrong => StatusCode::UNAUTHORIZED,
        Denied::Forbidden => StatusCode::FORBIDDEN,
        Denied::Throttled { .. } => StatusCode::TOO_MANY_REQUESTS,
    };
    let mut response = (status, format!("{denied}\n")).into_response();
    let headers = response.headers_mut();
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"quaywatch\""));
    }
    if let Denied::Throttled { retry_after_s } = denied {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(*retry_after_s));
    }
    response
}

/// `?token=…`, or the segment after `/t/`. Our tokens need no percent-encoding.
fn url_token(uri: &http::Uri) -> Option<String> {
    let query = uri.query().unwrap_or_default();
    let in_query = query.split('&').find_map(|pair| pair.strip_prefix("token="));
    let in_path = || uri.path().strip_prefix("/t/").map(|rest| rest.split('/').next().unwrap_or_default());
    in_query.or_else(in_path).filter(|token| !token.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_in_urls() {
        let check = |uri: &str, expected: Option<&str>| {
            assert_eq!(url_token(&uri.parse().unwrap()).as_deref(), expected, "{uri}");
        };
        check("/", None);
        check("/?token=", None);
        check("/?token=abc", Some("abc"));
        check("/?a=b&token=abc&c", Some("abc"));
        check("/t/abc", Some("abc"));
        check("/t/abc/", Some("abc"));
        check("http://127.0.0.1:2801/t/abc?x", Some("abc"));
        check("/t/", None);
    }
}
