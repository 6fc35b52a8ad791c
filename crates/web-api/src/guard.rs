//! What every request passes: security headers, who is asking, and from which origin.

use std::net::{IpAddr, SocketAddr};

use access_control::{Access, Denied, Identity, Presented, Right};
use axum::{
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use crate::{answer::ApiError, state::Shared};

/// The session cookie's name.
pub(crate) const COOKIE: &str = "quaywatch_session";

/// Process names and paths are the attacker's text; should one ever end up as markup, nothing of
/// it may run, load or send. Trusted Types let only Svelte's own static templates become markup.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
     trusted-types svelte-trusted-html";

/// Adds the headers to every answer. API answers are never cached.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let answer = response.headers_mut();
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    for (name, value) in fixed {
        answer.insert(name, HeaderValue::from_static(value));
    }
    if is_api {
        answer.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Lets through who may read.
pub(crate) async fn readers(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    match authorize(&shared.api.access, request.headers(), request.extensions(), Right::Read).await {
        Ok(_) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// Recognises who sends this request and checks the right.
pub(crate) async fn authorize(
    access: &Access,
    headers: &HeaderMap,
    extensions: &Extensions,
    right: Right,
) -> Result<Identity, ApiError> {
    let text =
        |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).map(str::to_owned);
    let (authorization, session) = (text(header::AUTHORIZATION), cookie(headers).map(str::to_owned));
    let peer = peer(extensions);
    let (access, costly) = (access.clone(), authorization.is_some());
    let check = move || {
        let presented = Presented {
            authorization: authorization.as_deref(),
            url_token: None,
            session: session.as_deref(),
            peer,
        };
        access.authorize(&presented, right)
    };
    // A password may cost an argon2; a session never does.
    let result: Result<Identity, Denied> = if costly {
        tokio::task::spawn_blocking(check).await.map_err(|error| ApiError::internal(&error))?
    } else {
        check()
    };
    Ok(result?)
}

/// Refuses what a browser sends on behalf of another site, and, where access control is off,
/// what reaches us under a foreign name (DNS rebinding).
pub(crate) async fn same_origin(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if shared.api.access.is_off() && !host_is_local(headers) {
        let help = "open the page by its address or as localhost, or switch access control on";
        return ApiError::new(StatusCode::MISDIRECTED_REQUEST, "this name is not ours", help).into_response();
    }
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return next.run(request).await;
    }
    if !is_same_origin(headers) {
        let help = "changes are made from the page itself, or by a client that sends no Origin";
        return ApiError::new(StatusCode::FORBIDDEN, "this comes from another site", help).into_response();
    }
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(';').next().is_some_and(|kind| kind.trim() == "application/json"));
    if !is_json {
        let error = "the body is not JSON";
        return ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            error,
            "send content-type: application/json",
        )
        .into_response();
    }
    next.run(request).await
}

fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match (text("origin"), text("host")) {
        (None, _) => !headers.contains_key("origin"),
        (Some(origin), Some(host)) => {
            origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
        }
        (Some(_), None) => false,
    }
}

fn host_is_local(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|value| value.to_str().ok()) else { return true };
    let name = if host.starts_with('[') {
        host.split(']').next().unwrap_or("").trim_start_matches('[')
    } else {
        host.split(':').next().unwrap_or("")
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
}

/// The session id in the request.
pub(crate) fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value)
}

/// The client's address, where the server was started with connection info.
pub(crate) fn peer(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip())
}
