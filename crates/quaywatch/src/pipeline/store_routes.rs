//! What commands on this host ask of the running store, over the hub's unix socket.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use log_store::Store;

/// Routes of the unix socket.
pub(crate) fn routes(store: Arc<Store>) -> Router {
    Router::new()
        .route("/local/v1/store/flush", post(flush))
        .route("/local/v1/store/head", get(head))
        .with_state(store)
}

/// Writes what is in memory as a segment, so that other engines see it.
async fn flush(State(store): State<Arc<Store>>) -> Result<StatusCode, (StatusCode, String)> {
    let flushed = tokio::task::spawn_blocking(move || store.flush()).await;
    let failed = |reason: String| (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n"));
    match flushed {
        Ok(Ok(())) => Ok(StatusCode::NO_CONTENT),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(error) => Err(failed(error.to_string())),
    }
}

async fn head(State(store): State<Arc<Store>>) -> String {
    format!("{}\n", store.chain_head().hash)
}
