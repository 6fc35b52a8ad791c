//! The routes.

use axum::{
    Router,
    routing::{any, get, post},
};

use crate::{
    delete, detected, labels, operate, patterns, push, query, rules, state::LokiApi, status, tail, volume,
};

/// The router; mount it at the root of a listener.
pub fn http(api: LokiApi) -> Router {
    Router::new()
        .route("/loki/api/v1/push", post(push::push))
        .route("/api/prom/push", post(push::push))
        .route("/otlp/v1/logs", post(push::push_otlp))
        .route("/loki/api/v1/query", get(query::instant).post(query::instant))
        .route("/loki/api/v1/query_range", get(query::range).post(query::range))
        .route("/loki/api/v1/labels", get(labels::names).post(labels::names))
        .route("/loki/api/v1/label", get(labels::names).post(labels::names))
        .route("/loki/api/v1/label/{name}/values", get(labels::values).post(labels::values))
        .route("/loki/api/v1/series", get(labels::series).post(labels::series))
        .route("/loki/api/v1/index/stats", get(labels::stats).post(labels::stats))
        .route("/loki/api/v1/index/volume", get(volume::instant).post(volume::instant))
        .route("/loki/api/v1/index/volume_range", get(volume::range).post(volume::range))
        .route("/loki/api/v1/index/shards", get(operate::shards).post(operate::shards))
        .route("/loki/api/v1/detected_labels", get(detected::labels).post(detected::labels))
        .route("/loki/api/v1/detected_fields", get(detected::fields).post(detected::fields))
        .route("/loki/api/v1/detected_field/{name}/values", get(detected::values).post(detected::values))
        .route("/loki/api/v1/patterns", get(patterns::patterns).post(patterns::patterns))
        .route("/loki/api/v1/drilldown-limits", get(operate::drilldown_limits))
        .route("/loki/api/v1/delete", any(delete::delete))
        .route("/loki/api/v1/cache/generation_numbers", get(operate::generation_numbers))
        .route("/loki/api/v1/tail", get(tail::tail))
        .route("/api/prom/tail", get(tail::tail))
        .route("/loki/api/v1/format_query", get(status::format_query).post(status::format_query))
        .route("/loki/api/v1/status/buildinfo", get(status::build_info))
        .route("/api/prom/query", get(query::old).post(query::old))
        .route("/api/prom/series", get(labels::series).post(labels::series))
        .route("/api/prom/label", get(labels::old_names).post(labels::old_names))
        .route("/api/prom/label/{name}/values", get(labels::old_values).post(labels::old_values))
        .route("/prometheus/api/v1/rules", get(rules::prometheus_rules))
        .route("/prometheus/api/v1/alerts", get(rules::prometheus_alerts))
        .merge(rule_groups("/loki/api/v1/rules"))
        .merge(rule_groups("/api/prom/rules"))
        .route("/config", get(operate::config))
        .route("/config/tenant/v1/limits", get(operate::limits))
        .route("/services", get(operate::services))
        .route("/log_level", get(operate::log_level))
        .route("/flush", get(operate::flush).post(operate::flush))
        .route("/ready", get(status::ready))
        .route("/metrics", get(status::metrics))
        .fallback(status::not_found)
        .with_state(api)
}

/// Rule groups below a path.
fn rule_groups(path: &str) -> Router<LokiApi> {
    Router::new()
        .route(path, get(rules::all))
        .route(
            &format!("{path}/{{namespace}}"),
            get(rules::namespace).post(rules::put).delete(rules::remove_namespace),
        )
        .route(&format!("{path}/{{namespace}}/{{group}}"), get(rules::group).delete(rules::remove_group))
}
