//! The routes of the ruler: rule groups in YAML under `/loki/api/v1/rules`, and Prometheus' views
//! of rules and alerts in JSON.

use access_control::Right;
use axum::{
    extract::{Path, Request, State},
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use log_ruler::{Alert, GroupStatus, RuleError, RuleKind, RuleStatus, Ruler};
use serde_json::{Value, json};

use crate::{
    caller, limits,
    parameters::{Parameters, bounded},
    reply::{self, Refusal},
    state::LokiApi,
};

/// `GET /loki/api/v1/rules`
pub(crate) async fn all(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    let tenant = caller::tenant(&api, &parts, Right::Read).await?;
    ruler(&api)?.list(&tenant, None).map(yaml).map_err(refusal)
}

/// `GET /loki/api/v1/rules/{namespace}`
pub(crate) async fn namespace(
    State(api): State<LokiApi>,
    Path(namespace): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    let tenant = caller::tenant(&api, &parts, Right::Read).await?;
    ruler(&api)?.list(&tenant, Some(&namespace)).map(yaml).map_err(refusal)
}

/// `GET /loki/api/v1/rules/{namespace}/{group}`
pub(crate) async fn group(
    State(api): State<LokiApi>,
    Path((namespace, group)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    let tenant = caller::tenant(&api, &parts, Right::Read).await?;
    ruler(&api)?.get(&tenant, &namespace, &group).map(yaml).map_err(refusal)
}

/// `POST /loki/api/v1/rules/{namespace}`: the body is one group.
pub(crate) async fn put(
    State(api): State<LokiApi>,
    Path(namespace): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let tenant = caller::tenant(&api, &parts, Right::Administer).await?;
    let ruler = ruler(&api)?;
    let body = bounded(body, limits::FORM_BYTES_MAX).await?;
    let text = String::from_utf8(body.to_vec())
        .map_err(|_| Refusal::bad("unable to decode rule group: the body is not UTF-8\n"))?;
    change(move || ruler.put(&tenant, &namespace, &text)).await
}

/// `DELETE /loki/api/v1/rules/{namespace}`
pub(crate) async fn remove_namespace(
    State(api): State<LokiApi>,
    Path(namespace): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    let tenant = caller::tenant(&api, &parts, Right::Administer).await?;
    let ruler = ruler(&api)?;
    change(move || ruler.remove(&tenant, &namespace, None)).await
}

/// `DELETE /loki/api/v1/rules/{namespace}/{group}`
pub(crate) async fn remove_group(
    State(api): State<LokiApi>,
    Path((namespace, group)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    let tenant = caller::tenant(&api, &parts, Right::Administer).await?;
    let ruler = ruler(&api)?;
    change(move || ruler.remove(&tenant, &namespace, Some(&group))).await
}

/// `GET /prometheus/api/v1/rules`; `type`, `rule_name[]`, `rule_group[]` and `file[]` narrow it.
pub(crate) async fn prometheus_rules(
    State(api): State<LokiApi>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, parameters) = Parameters::read(request).await?;
    let tenant = caller::tenant(&api, &parts, Right::Read).await?;
    let wanted = |name: &str, text: &str| {
        let both = [format!("{name}[]"), name.to_owned()];
        let mut all = both.iter().flat_map(|name| parameters.all(name)).peekable();
        all.peek().is_none() || all.any(|found| found == text)
    };
    let kind = match parameters.get("type") {
        "" => None,
        "alert" => Some(RuleKind::Alerting),
        "record" => Some(RuleKind::Recording),
        other => return Err(Refusal::bad(format!("not supported value {}\n", logql_syntax::quote(other)))),
    };
    let mut groups = Vec::new();
    for status in api.ruler.iter().flat_map(|ruler| ruler.status(&tenant)) {
        if !wanted("file", &status.namespace) || !wanted("rule_group", &status.group.name) {
            continue;
        }
        let rules: Vec<Value> = status
            .group
            .rules
            .iter()
            .zip(&status.rules)
            .filter(|(rule, _)| {
                kind.is_none_or(|kind| rule.kind() == kind) && wanted("rule_name", rule.name())
            })
            .map(|(rule, state)| rule_json(rule, state))
            .collect();
        if rules.is_empty() && status.rules.len() != rules.len() {
            continue;
        }
        groups.push(group_json(&status, rules));
    }
    Ok(answer(StatusCode::OK, json!({"groups": groups})))
}

/// `GET /prometheus/api/v1/alerts`
pub(crate) async fn prometheus_alerts(
    State(api): State<LokiApi>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    let tenant = caller::tenant(&api, &parts, Right::Read).await?;
    let statuses = api.ruler.iter().flat_map(|ruler| ruler.status(&tenant));
    let alerts: Vec<Value> = statuses
        .flat_map(|status| status.rules)
        .flat_map(|rule| rule.alerts)
        .map(|alert| alert_json(&alert))
        .collect();
    Ok(answer(StatusCode::OK, json!({"alerts": alerts})))
}

fn ruler(api: &LokiApi) -> Result<Ruler, Refusal> {
    api.ruler.clone().ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "404 page not found\n"))
}

async fn change(edit: impl FnOnce() -> Result<(), RuleError> + Send + 'static) -> Result<Response, Refusal> {
    match tokio::task::spawn_blocking(edit).await {
        Ok(Ok(())) => Ok(answer(StatusCode::ACCEPTED, Value::Null)),
        Ok(Err(error)) => Err(refusal(error)),
        Err(error) => Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}

fn refusal(error: RuleError) -> Refusal {
    let status = match &error {
        RuleError::Yaml(_) | RuleError::Invalid(_) => StatusCode::BAD_REQUEST,
        RuleError::Unknown | RuleError::NoGroups => StatusCode::NOT_FOUND,
        RuleError::ReadOnly(_) => StatusCode::FORBIDDEN,
        RuleError::Io(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    Refusal::new(status, format!("{error}\n"))
}

fn yaml(text: String) -> Response {
    let mut response = reply::text(text);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/yaml"));
    response
}

fn answer(status: StatusCode, data: Value) -> Response {
    let body = json!({"status": "success", "data": data, "errorType": "", "error": ""});
    let mut response = reply::json(body.to_string());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn group_json(status: &GroupStatus, rules: Vec<Value>) -> Value {
    json!({
        "name": status.group.name,
        "file": status.namespace,
        "rules": rules,
        "interval": status.interval_s,
        "limit": status.group.limit,
        "lastEvaluation": stamp(status.last_evaluation_ns),
        "evaluationTime": status.evaluation_s,
    })
}

fn rule_json(rule: &log_ruler::Rule, status: &RuleStatus) -> Value {
    let health = match (status.last_evaluation_ns, status.last_error.is_empty()) {
        (0, _) => "unknown",
        (_, true) => "ok",
        (_, false) => "err",
    };
    let mut out = json!({
        "name": rule.name(),
        "query": rule.expr,
        "health": health,
        "lastError": status.last_error,
        "lastEvaluation": stamp(status.last_evaluation_ns),
        "evaluationTime": status.evaluation_s,
    });
    let Some(members) = out.as_object_mut() else { return out };
    if !rule.labels.is_empty() || rule.kind() == RuleKind::Alerting {
        members.insert("labels".to_owned(), json!(rule.labels));
    }
    if rule.kind() == RuleKind::Recording {
        members.insert("type".to_owned(), json!("recording"));
        return out;
    }
    members.insert("state".to_owned(), json!(status.state.name()));
    members.insert("duration".to_owned(), json!(rule.hold_ns() as f64 / 1e9));
    members.insert("annotations".to_owned(), json!(rule.annotations));
    members.insert("alerts".to_owned(), status.alerts.iter().map(alert_json).collect());
    members.insert("type".to_owned(), json!("alerting"));
    out
}

fn alert_json(alert: &Alert) -> Value {
    json!({
        "labels": alert.labels,
        "annotations": alert.annotations,
        "state": alert.state.name(),
        "activeAt": stamp(alert.active_at_ns),
        "value": exponent(alert.value),
    })
}

/// RFC 3339; Go's zero time before the first evaluation.
fn stamp(timestamp_ns: i64) -> String {
    if timestamp_ns == 0 {
        return "0001-01-01T00:00:00Z".to_owned();
    }
    jiff::Timestamp::from_nanosecond(i128::from(timestamp_ns))
        .map_or_else(|_| String::new(), |time| time.to_string())
}

/// Go's `FormatFloat(v, 'e', -1, 64)`: `1.5e+00`.
fn exponent(value: f64) -> String {
    if !value.is_finite() {
        return logql_syntax::format_float(value);
    }
    let text = format!("{value:e}");
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    format!("{mantissa}e{}{:02}", if power < 0 { '-' } else { '+' }, power.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_prometheus_prints_them() {
        for (value, expected) in [(1.0, "1e+00"), (1234.5, "1.2345e+03"), (0.05, "5e-02"), (f64::NAN, "NaN")]
        {
            assert_eq!(exponent(value), expected);
        }
    }
}
