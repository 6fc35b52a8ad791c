//! Pages for operators: limits, configuration, and the cluster routes of Loki that have an answer
//! in one process.

use access_control::Right;
use axum::{
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::{
    caller, labels, limits,
    parameters::Parameters,
    push,
    reply::{self, Refusal},
    state::LokiApi,
    status,
};

/// `GET /loki/api/v1/drilldown-limits`
pub(crate) async fn drilldown_limits(
    State(api): State<LokiApi>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    caller::tenant(&api, &parts, Right::Read).await?;
    let body = json!({
        "limits": tenant_limits(&api),
        "pattern_ingester_enabled": true,
        "version": status::LOKI_VERSION,
    });
    Ok(plain_json(body.to_string()))
}

/// `GET /config/tenant/v1/limits`, as YAML.
pub(crate) async fn limits(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    caller::tenant(&api, &parts, Right::Read).await?;
    let mut out = String::new();
    yaml(&tenant_limits(&api), 0, &mut out);
    Ok(reply::text(out))
}

/// `GET /config`: what is in force, in Loki's words.
pub(crate) async fn config(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    caller::tenant(&api, &parts, Right::Administer).await?;
    let engine = api.engine.limits();
    let body = json!({
        "target": "all",
        "auth_enabled": api.config.tenant_required,
        "limits_config": tenant_limits(&api),
        "querier": {"query_timeout": duration_s(engine.query_timeout_max_ms / 1000)},
    });
    let mut out = String::new();
    yaml(&body, 0, &mut out);
    Ok(reply::text(out))
}

fn duration_s(seconds: u64) -> String {
    logql_syntax::format_duration(i64::try_from(seconds).unwrap_or(0).saturating_mul(1_000_000_000))
}

/// The limits Loki publishes, with the values that hold here.
fn tenant_limits(api: &LokiApi) -> serde_json::Value {
    let engine = api.engine.limits();
    let sources: &[&str] = if api.config.discover_service_name { push::service_name_sources() } else { &[] };
    json!({
        "discover_log_levels": api.config.discover_log_levels,
        "discover_service_name": sources,
        "log_level_fields": push::level_fields(),
        "max_entries_limit_per_query": engine.entries_max,
        "max_line_size_truncate": false,
        "max_query_bytes_read": logql_syntax::format_bytes(engine.scanned_bytes_max),
        "max_query_length": duration_s(engine.query_length_max_s),
        "max_query_lookback": "0s",
        "max_query_range": "0s",
        "max_query_series": engine.series_max,
        "metric_aggregation_enabled": false,
        "otlp_config": {"resource_attributes": {"attributes_config": [
            {"action": "index_label", "attributes": push::otlp_index_labels()}
        ]}},
        "pattern_persistence_enabled": false,
        "query_timeout": duration_s(engine.query_timeout_max_ms / 1000),
        "retention_period": "0s",
        "retention_stream": [],
        "volume_enabled": true,
        "volume_max_series": limits::VOLUME_SERIES_MAX,
    })
}

/// A value as YAML; texts that could be read as something else are quoted.
fn yaml(value: &serde_json::Value, indent: usize, out: &mut String) {
    use serde_json::Value;
    let blanks = "  ".repeat(indent);
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::Object(inner) if !inner.is_empty() => {
                        out.push_str(&format!("{blanks}{name}:\n"));
                        yaml(value, indent + 1, out);
                    }
                    Value::Array(items) if !items.is_empty() => {
                        out.push_str(&format!("{blanks}{name}:\n"));
                        yaml(value, indent, out);
                    }
                    value => out.push_str(&format!("{blanks}{name}: {}\n", scalar(value))),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                if let Value::Object(_) = item {
                    let mut inner = String::new();
                    yaml(item, indent + 1, &mut inner);
                    out.push_str(&format!("{blanks}- {}", inner.trim_start()));
                } else {
                    out.push_str(&format!("{blanks}- {}\n", scalar(item)));
                }
            }
        }
        other => out.push_str(&scalar(other)),
    }
}

fn scalar(value: &serde_json::Value) -> String {
    match value.as_str() {
        Some(text) if text.chars().all(|next| next.is_ascii_alphanumeric() || "._-/".contains(next)) => {
            text.to_owned()
        }
        _ => value.to_string(),
    }
}

/// `GET /services`
pub(crate) async fn services(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    caller::tenant(&api, &parts, Right::Read).await?;
    let all = ["server", "store", "ingester", "distributor", "querier", "ruler"];
    Ok(reply::text(all.map(|name| format!("{name} => Running\n")).concat()))
}

/// `GET /log_level`
pub(crate) async fn log_level(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    caller::tenant(&api, &parts, Right::Read).await?;
    let level = tracing::level_filters::LevelFilter::current().to_string();
    Ok(reply::json(json!({"message": format!("Current log level is {level}")}).to_string()))
}

/// `GET|POST /flush`: what was acknowledged is on disk already.
pub(crate) async fn flush(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    caller::tenant(&api, &parts, Right::Write).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /loki/api/v1/cache/generation_numbers`: nothing is cached.
pub(crate) async fn generation_numbers(
    State(api): State<LokiApi>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    caller::tenant(&api, &parts, Right::Read).await?;
    Ok(reply::text("\"\"\n"))
}

/// `GET|POST /loki/api/v1/index/shards`: one shard, the whole.
pub(crate) async fn shards(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let (parts, parameters) = Parameters::read(request).await?;
    caller::tenant(&api, &parts, Right::Read).await?;
    labels::selector(parameters.get("query"))?;
    let body = json!({"shards": [{"bounds": {"min": 0, "max": u64::MAX}, "stats": null}], "statistics": {}});
    Ok(plain_json(body.to_string()))
}

fn plain_json(text: String) -> Response {
    let mut response = reply::json(text);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_of_nested_values() {
        let mut out = String::new();
        yaml(&json!({"a": {"b": [{"c": 1, "d": ["x", "y z"]}]}, "e": [], "f": true}), 0, &mut out);
        assert_eq!(out, "a:\n  b:\n  - c: 1\n    d:\n    - x\n    - \"y z\"\ne: []\nf: true\n");
    }
}
