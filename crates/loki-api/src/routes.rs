//! The routes.

use axum::{
    Router,
    routing::{get, post},
};

use crate::{labels, push, query, state::LokiApi, status, tail};

/// The router; mount it at the root of a listener.
pub fn http(api: LokiApi) -> Router {
    Router::new()
        .route("/loki/api/v1/push", post(push::push))
        .route("/api/prom/push", post(push::push))
        .route("/loki/api/v1/query", get(query::instant).post(query::instant))
        .route("/loki/api/v1/query_range", get(query::range).post(query::range))
        .route("/loki/api/v1/labels", get(labels::names).post(labels::names))
        .route("/loki/api/v1/label", get(labels::names).post(labels::names))
        .route("/loki/api/v1/label/{name}/values", get(labels::values).post(labels::values))
        .route("/loki/api/v1/series", get(labels::series).post(labels::series))
        .route("/loki/api/v1/index/stats", get(labels::stats).post(labels::stats))
        .route("/loki/api/v1/tail", get(tail::tail))
        .route("/api/prom/tail", get(tail::tail))
        .route("/loki/api/v1/format_query", get(status::format_query).post(status::format_query))
        .route("/loki/api/v1/status/buildinfo", get(status::build_info))
        .route("/api/prom/label", get(labels::old_names).post(labels::old_names))
        .route("/api/prom/label/{name}/values", get(labels::old_values).post(labels::old_values))
        .route("/prometheus/api/v1/rules", get(status::no_rules))
        .route("/prometheus/api/v1/alerts", get(status::no_rules))
        .route("/ready", get(status::ready))
        .route("/metrics", get(status::metrics))
        .fallback(status::not_found)
        .with_state(api)
}
