//! Readiness, metrics, version, and the query formatter.

use access_control::Right;
use axum::{
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, StatusCode, header};

use crate::{
    caller, json,
    parameters::Parameters,
    reply::{self, Refusal},
    state::LokiApi,
};

/// The Loki version whose behaviour this API has; clients switch features on by it.
pub(crate) const LOKI_VERSION: &str = "3.7.6";

/// `GET /ready`; open to all.
pub(crate) async fn ready() -> Response {
    reply::text("ready\n")
}

/// `GET /metrics`
pub(crate) async fn metrics(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    caller::tenant(&api, &parts, Right::Read).await?;
    Ok(reply::text(api.registry.exposition()))
}

/// `GET /loki/api/v1/status/buildinfo`
pub(crate) async fn build_info(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    caller::tenant(&api, &parts, Right::Read).await?;
    let own = env!("CARGO_PKG_VERSION");
    let text = format!(
        "{{\"version\":\"{LOKI_VERSION}\",\"revision\":\"quaywatch-{own}\",\"branch\":\"\",\"buildUser\":\"\",\
         \"buildDate\":\"\",\"goVersion\":\"\"}}"
    );
    Ok(plain_json(StatusCode::OK, text))
}

/// `GET|POST /loki/api/v1/format_query`: its errors are JSON.
pub(crate) async fn format_query(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let (parts, parameters) = Parameters::read(request).await?;
    caller::tenant(&api, &parts, Right::Read).await?;
    let (status, word, key, text) = match logql_syntax::parse(parameters.get("query")) {
        Ok(expr) => (StatusCode::OK, "success", "data", logql_syntax::pretty(&expr)),
        Err(error) => (StatusCode::BAD_REQUEST, "invalid-query", "error", error.to_string()),
    };
    let mut out = format!("{{\"status\":\"{word}\",\"{key}\":");
    json::push_text(&mut out, &text);
    out.push('}');
    Ok(plain_json(status, out))
}

/// Everything else.
pub(crate) async fn not_found() -> Response {
    Refusal::new(StatusCode::NOT_FOUND, "404 page not found\n").into_response()
}

fn plain_json(status: StatusCode, text: String) -> Response {
    let mut response = reply::json(text);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
