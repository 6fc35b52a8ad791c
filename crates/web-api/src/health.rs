//! `GET /api/health` and `GET /ready`.

use axum::{Json, extract::State};
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::{answer::ApiError, state::Shared};

/// What the health source says, with the page's own hop added to `hops` and this process's
/// metrics under `metrics`.
pub(crate) async fn health(State(shared): State<Shared>) -> Result<Json<Value>, ApiError> {
    let source = shared.api.health.clone();
    let task = tokio::task::spawn_blocking(move || source.health());
    let mut health = match task.await.map_err(|error| ApiError::internal(&error))? {
        Value::Object(health) => health,
        other => Map::from_iter([("health".to_owned(), other)]),
    };
    // The last hop is this crate itself.
    if let Some(Value::Array(hops)) = health.get_mut("hops")
        && hops.iter().all(|hop| hop.get("name").is_none_or(|name| name != "page"))
    {
        hops.push(json!({
            "name": "page", "status": "ok",
            "counts": { "live streams": shared.live_open.value() },
            "losses": { "too slow, loaded again": shared.live_missed.value(), "unreadable lines": shared.unreadable.value() },
        }));
    }
    if !health.contains_key("metrics") {
        let metrics: Map<String, Value> =
            shared.api.registry.snapshot().into_iter().map(|(name, value)| (name, value.into())).collect();
        health.insert("metrics".to_owned(), Value::Object(metrics));
    }
    Ok(Json(Value::Object(health)))
}

/// Open to everybody; says nothing but yes or no.
pub(crate) async fn ready(State(shared): State<Shared>) -> (StatusCode, Json<Value>) {
    let ready = shared.api.health.ready();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": ready })))
}
