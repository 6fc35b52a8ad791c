//! The OTLP request as a whole.

use access_control::Right;
use axum::{
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, StatusCode, header};

use super::{convert, json, proto, status};
use crate::{
    caller, limits,
    parameters::bounded,
    push::{body, handler},
    reply::Refusal,
    state::LokiApi,
    times,
};

/// `POST /otlp/v1/logs`: 204 once everything valid is on disk.
pub(crate) async fn push(State(api): State<LokiApi>, request: Request) -> Response {
    let refused = api.metrics.refused_pushes.clone();
    match accept(&api, request).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => {
            refused.increment();
            status::response(&refusal)
        }
    }
}

async fn accept(api: &LokiApi, request: Request) -> Result<(), Refusal> {
    let (parts, raw) = request.into_parts();
    let tenant = caller::tenant(api, &parts, Right::Write).await?;
    let header =
        |name| parts.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or("");
    let kind = header(header::CONTENT_TYPE);
    let media_type = kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let raw = bounded(raw, api.config.body_bytes_max).await?;
    let bytes = body::decompress(raw, header(header::CONTENT_ENCODING), api.config.decoded_bytes_max)?;
    let decoded = match media_type.as_str() {
        "application/json" => json::decode(&bytes),
        "application/x-protobuf" => proto::decode(&bytes),
        _ => Err(format!("content type: {kind} is not supported")),
    }
    .map_err(Refusal::bad)?;
    let records: usize =
        decoded.resources.iter().flat_map(|resource| &resource.scopes).map(|scope| scope.records.len()).sum();
    if records > limits::PUSH_ENTRIES_MAX {
        return Err(Refusal::bad(format!("more than {} entries in one push", limits::PUSH_ENTRIES_MAX)));
    }
    let streams = convert::streams(decoded, api.config.discover_service_name, times::now_ns());
    let streams = streams.map_err(|bytes| {
        Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!(
                "the records repeat {bytes} bytes of their resources and scopes, {} are allowed: send fewer at once",
                limits::OTLP_REPEATED_BYTES_MAX
            ),
        )
    })?;
    handler::store(api, tenant, streams).await
}
