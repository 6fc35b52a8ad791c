//! Delete requests: `POST|PUT|GET|DELETE /loki/api/v1/delete`.

use access_control::Right;
use axum::{
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, Method, StatusCode, header};
use log_record::{DeleteError, DeleteRequest, DeleteState, TimeRange};
use logql_syntax::Expr;

use crate::{
    caller, json,
    parameters::Parameters,
    reply::{self, Refusal},
    state::{Deleter, LokiApi},
    times,
};

/// All four methods.
pub(crate) async fn delete(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let right = if request.method() == Method::GET { Right::Read } else { Right::Administer };
    let (parts, parameters) = Parameters::read(request).await?;
    let tenant = caller::tenant(&api, &parts, right).await?;
    let Some(deleter) = api.deleter.clone() else {
        return Err(Refusal::new(StatusCode::NOT_FOUND, "404 page not found\n"));
    };
    match parts.method {
        Method::GET => list(deleter, tenant).await,
        Method::DELETE => cancel(deleter, tenant, &parameters).await,
        Method::POST | Method::PUT => add(deleter, tenant, &parameters).await,
        _ => Ok(StatusCode::METHOD_NOT_ALLOWED.into_response()),
    }
}

async fn add(deleter: Deleter, tenant: String, parameters: &Parameters) -> Result<Response, Refusal> {
    let bad = |text: &str| Refusal::bad(format!("{text}\n"));
    let query = parameters.get("query").to_owned();
    if query.is_empty() {
        return Err(bad("query not set"));
    }
    match logql_syntax::parse(&query) {
        Ok(Expr::Log(_)) => {}
        _ => return Err(bad("invalid query expression")),
    }
    let start = match parameters.get("start") {
        "" => return Err(bad("start time not set")),
        text => {
            seconds(text).ok_or_else(|| bad("invalid start time: require unix seconds or RFC3339 format"))?
        }
    };
    let now = times::now_ns();
    let end = match parameters.get("end") {
        "" => now,
        text => {
            seconds(text).ok_or_else(|| bad("invalid end time: require unix seconds or RFC3339 format"))?
        }
    };
    if end > now {
        return Err(bad("deletes in the future are not allowed"));
    }
    if start > end {
        return Err(bad("start time can't be greater than end time"));
    }
    interval(parameters.get("max_interval"), end - start).map_err(|text| bad(&text))?;
    // Loki's end is included, to the millisecond.
    let range = TimeRange { start_ns: start, end_ns: end.saturating_add(1_000_000) };
    blocking(move || deleter.0.request(&tenant, &query, range)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Checks what Loki would split a request by; ours is done in one piece.
fn interval(text: &str, length_ns: i64) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    let interval = logql_syntax::parse_go_duration(text)
        .filter(|interval| *interval >= 1_000_000_000)
        .ok_or("invalid max_interval: valid time units are 's', 'm', 'h'")?;
    if interval > length_ns {
        return Err(format!(
            "max_interval can't be greater than the interval to be deleted ({})",
            logql_syntax::format_duration_go(length_ns)
        ));
    }
    Ok(())
}

/// Ten digits of seconds, or RFC 3339.
fn seconds(text: &str) -> Option<i64> {
    let digits = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits || text.contains('T') { times::instant(text).ok() } else { None }
}

async fn list(deleter: Deleter, tenant: String) -> Result<Response, Refusal> {
    let all = blocking(move || Ok(deleter.0.list(&tenant))).await?;
    let mut out = String::new();
    json::push_array(&mut out, &all, push);
    out.push('\n');
    let mut response = reply::json(out);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn push(out: &mut String, request: &DeleteRequest) {
    let seconds = |ns: i64| {
        let milliseconds = ns.div_euclid(1_000_000);
        let (whole, rest) = (milliseconds.div_euclid(1000), milliseconds.rem_euclid(1000));
        if rest == 0 {
            whole.to_string()
        } else {
            format!("{whole}.{}", format!("{rest:03}").trim_end_matches('0'))
        }
    };
    out.push_str("{\"request_id\":");
    json::push_text(out, &request.id);
    out.push_str(&format!(
        ",\"start_time\":{},\"end_time\":{},\"query\":",
        seconds(request.range.start_ns),
        seconds(request.range.end_ns.saturating_sub(1_000_000))
    ));
    json::push_text(out, &request.query);
    let state = match request.state {
        DeleteState::Received => "received",
        DeleteState::Processed => "processed",
    };
    out.push_str(&format!(
        ",\"status\":\"{state}\",\"created_at\":{},\"deleted_lines\":{}}}",
        seconds(request.created_ns),
        request.deleted_lines
    ));
}

async fn cancel(deleter: Deleter, tenant: String, parameters: &Parameters) -> Result<Response, Refusal> {
    let (id, force) = (parameters.get("request_id").to_owned(), parameters.get("force") == "true");
    blocking(move || deleter.0.cancel(&tenant, &id, force)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn blocking<T: Send + 'static>(
    run: impl FnOnce() -> Result<T, DeleteError> + Send + 'static,
) -> Result<T, Refusal> {
    match tokio::task::spawn_blocking(run).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            let status = match &error {
                DeleteError::Selector(_) | DeleteError::Processed => StatusCode::BAD_REQUEST,
                DeleteError::Unknown => StatusCode::NOT_FOUND,
                DeleteError::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
                DeleteError::Unsupported(_) => StatusCode::NOT_IMPLEMENTED,
                DeleteError::Io(_) => StatusCode::SERVICE_UNAVAILABLE,
            };
            Err(Refusal::new(status, format!("{error}\n")))
        }
        Err(error) => Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}
