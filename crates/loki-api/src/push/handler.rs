//! The push request as a whole.

use access_control::Right;
use axum::{
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, StatusCode, header};
use log_record::{Batch, WriteError};

use super::{body, json_body, proto_body, validate};
use crate::{caller, parameters::bounded, reply::Refusal, state::LokiApi, times};

/// `POST /loki/api/v1/push`: 204 once everything valid is on disk.
///
/// Undecodable bodies store nothing. An entry that breaks a limit is left out and named in a 400,
/// while the rest of the batch is kept (Loki).
pub(crate) async fn push(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let refused = api.metrics.refused_pushes.clone();
    accept(api, request).await.inspect_err(|_| refused.increment())
}

async fn accept(api: LokiApi, request: Request) -> Result<Response, Refusal> {
    let (parts, raw) = request.into_parts();
    let tenant = caller::tenant(&api, &parts, Right::Write).await?;
    let header =
        |name| parts.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or("");
    let kind = header(header::CONTENT_TYPE);
    if kind.is_empty() {
        return Err(Refusal::bad("mime: no media type\n"));
    }
    let json = kind.split(';').next().unwrap_or("").trim().eq_ignore_ascii_case("application/json");
    let encoding = header(header::CONTENT_ENCODING);
    let raw = bounded(raw, api.config.body_bytes_max).await?;
    let bytes_max = api.config.decoded_bytes_max;
    let streams = if json {
        let text = body::decompress(raw, encoding, bytes_max)?;
        json_body::decode(&text)?
    } else {
        proto_body::decode(&body::unsnap(&raw, bytes_max)?)?
    };
    store(&api, tenant, streams).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Checks decoded streams and appends what is left of them in one batch.
pub(super) async fn store(
    api: &LokiApi,
    tenant: String,
    streams: Vec<super::SentStream>,
) -> Result<(), Refusal> {
    if streams.is_empty() {
        return Err(Refusal::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "error at least one valid stream is required for ingestion\n",
        ));
    }
    let checked = validate::check(streams, &tenant, api, times::now_ns())?;
    api.metrics.refused_entries.add(checked.refused);
    if !checked.streams.is_empty() {
        let batch = Batch { tenant, streams: checked.streams, mark: None };
        api.writer.append(batch).await.map_err(refusal)?;
        api.metrics.pushed_entries.add(checked.entries);
        api.metrics.pushed_bytes.add(checked.line_bytes);
    }
    match checked.first_error {
        Some(text) => Err(Refusal::bad(format!("{text}\n"))),
        None => Ok(()),
    }
}

fn refusal(error: WriteError) -> Refusal {
    let status = match &error {
        WriteError::DiskFull { .. } | WriteError::Overloaded { .. } | WriteError::Closed => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        WriteError::Io { .. } => StatusCode::SERVICE_UNAVAILABLE,
    };
    Refusal::new(status, format!("{error}; nothing of this push was stored, send it again later\n"))
        .with_header(header::RETRY_AFTER, HeaderValue::from_static("5"))
}
