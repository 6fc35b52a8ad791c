//! All routes, top down: what is open, what needs a reader, and what wraps every answer.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};

use crate::{WebApi, alerts, guard, health, limits, live, page, sessions, state::Shared, summary};

/// The page and its API. Serve it with connection info
/// (`into_make_service_with_connect_info::<SocketAddr>()`), so that wrong passwords are slowed
/// per address.
pub fn http(api: WebApi) -> Router {
    let shared = Shared::new(api);

    // Needs a session, a token or a password.
    let readers = Router::new()
        .route("/api/alerts", get(alerts::list))
        .route("/api/alerts/{uuid}", get(alerts::one))
        .route("/api/health", get(health::health))
        .route("/api/live", get(live::live))
        .route("/api/summary", get(summary::summary))
        .route_layer(from_fn_with_state(shared.clone(), guard::readers));

    // Open: the ways in, and what says nothing.
    let open = Router::new()
        .route("/api/login", post(sessions::login))
        .route("/api/logout", post(sessions::logout))
        .route("/api/session", get(sessions::session))
        .route("/api/setup", post(sessions::setup))
        .route("/ready", get(health::ready));

    readers
        .merge(open)
        .fallback(page::page)
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES_MAX))
        .layer(from_fn_with_state(shared.clone(), guard::same_origin))
        .layer(from_fn(guard::headers))
        .with_state(shared)
}
