//! A router over a store in memory, asked without a network.

use std::sync::Arc;

use access_control::Access;
use axum::{Router, body::Body};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use loki_api::{Config, LokiApi};
use telemetry::Registry;
use tower::ServiceExt as _;

use crate::memory::MemoryStore;

/// A router that asks for a tenant, as the reference did.
pub(crate) fn router() -> Router {
    let store = Arc::new(MemoryStore::default());
    let registry = Registry::default();
    let limits = logql_engine::Limits::default();
    let engine = Arc::new(logql_engine::Engine::new(store.clone(), limits, &registry));
    // The reference refused what came an hour late; ours does when told so.
    let config = Config { tenant_required: true, entry_lateness_s_max: 3600, ..Config::default() };
    loki_api::http(LokiApi::new(engine, store.clone(), store, Access::off(), &registry).with_config(config))
}

/// One request.
pub(crate) async fn ask(
    router: &Router,
    method: &str,
    uri: &str,
    headers: HeaderMap,
    body: Vec<u8>,
) -> (StatusCode, String) {
    let mut request = Request::new(Body::from(body));
    *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
    *request.uri_mut() = uri.parse().unwrap();
    *request.headers_mut() = headers;
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}
