//! `POST /api/setup`, `/api/login`, `/api/logout` and `GET /api/session`.

use access_control::{Identity, NewSession, Right};
use axum::{
    Json,
    extract::{Request, State, rejection::JsonRejection},
    response::{IntoResponse, Response},
};
use http::{Extensions, HeaderMap, HeaderValue, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    answer::ApiError,
    guard::{self, COOKIE},
    state::Shared,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setup {
    code: String,
    name: String,
    password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    name: String,
    password: String,
}

/// Makes the first admin by the one-time code.
pub(crate) async fn setup(
    State(shared): State<Shared>,
    headers: HeaderMap,
    body: Result<Json<Setup>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(setup) = body.map_err(not_understood)?;
    let access = shared.api.access.clone();
    let task = tokio::task::spawn_blocking(move || access.setup(&setup.code, &setup.name, &setup.password));
    let session = task.await.map_err(|error| ApiError::internal(&error))??;
    tracing::info!(user = session.identity.name, "the first admin was made");
    Ok(opened(&session, &headers))
}

/// Opens a session by name and password.
pub(crate) async fn login(
    State(shared): State<Shared>,
    headers: HeaderMap,
    extensions: Extensions,
    body: Result<Json<Login>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(login) = body.map_err(not_understood)?;
    let (access, peer) = (shared.api.access.clone(), guard::peer(&extensions));
    let name: String = login.name.chars().take(access_control::limits::NAME_CHARS_MAX).collect();
    let task = tokio::task::spawn_blocking(move || access.login(&login.name, &login.password, peer));
    let session = task.await.map_err(|error| ApiError::internal(&error))??.inspect_err(|denied| {
        tracing::warn!(user = ?name, peer = ?peer, %denied, "a login failed");
    })?;
    Ok(opened(&session, &headers))
}

/// Ends the session of the cookie.
pub(crate) async fn logout(State(shared): State<Shared>, headers: HeaderMap) -> Result<Response, ApiError> {
    if let Some(session) = guard::cookie(&headers) {
        shared.api.access.logout(session)?;
    }
    let mut response = Json(json!({ "user": null })).into_response();
    set_cookie(&mut response, "", 0, &headers);
    Ok(response)
}

/// Who is logged in: `{"user": {"name", "role"} or null, "needs_setup", "auth": "on" or "off",
/// "version"}`. Open to everybody, so that the page knows which screen to show.
pub(crate) async fn session(State(shared): State<Shared>, request: Request) -> Json<Value> {
    let access = &shared.api.access;
    let found = guard::authorize(access, request.headers(), request.extensions(), Right::Read).await;
    Json(json!({
        "user": found.ok().map(|identity| user(&identity)),
        "needs_setup": access.needs_setup(),
        "auth": if access.is_off() { "off" } else { "on" },
        "password_chars_min": access_control::limits::PASSWORD_CHARS_MIN,
        "version": env!("CARGO_PKG_VERSION"),
    }))
}

fn opened(session: &NewSession, headers: &HeaderMap) -> Response {
    let mut response = Json(json!({ "user": user(&session.identity) })).into_response();
    set_cookie(&mut response, &session.id, access_control::limits::SESSION_LIFETIME_S, headers);
    response
}

fn user(identity: &Identity) -> Value {
    json!({ "name": identity.name, "role": identity.role.name() })
}

/// `Secure` when a TLS gateway in front says so; plain on loopback, where browsers would not
/// send it otherwise.
fn set_cookie(response: &mut Response, value: &str, max_age_s: u64, headers: &HeaderMap) {
    let is_tls = headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https");
    let secure = if is_tls { "; Secure" } else { "" };
    let cookie =
        format!("{COOKIE}={value}; Path=/api; HttpOnly; SameSite=Strict; Max-Age={max_age_s}{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
}

fn not_understood(rejection: JsonRejection) -> ApiError {
    ApiError::new(rejection.status(), rejection.body_text(), "send the keys this call names, as JSON")
}
