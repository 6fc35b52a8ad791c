//! Who asks, and for which tenant.

use std::net::SocketAddr;

use access_control::{Denied, Presented, Right};
use axum::extract::ConnectInfo;
use http::{HeaderValue, StatusCode, header, request::Parts};

use crate::{limits, reply::Refusal, state::LokiApi};

/// Loki's name for the tenant when there is only one.
const SINGLE_TENANT: &str = "fake";

/// Checks the request's right and names its tenant.
pub(crate) async fn tenant(api: &LokiApi, parts: &Parts, right: Right) -> Result<String, Refusal> {
    authorize(api, parts, right).await?;
    tenant_of(api, parts)
}

async fn authorize(api: &LokiApi, parts: &Parts, right: Right) -> Result<(), Refusal> {
    if api.access.is_off() {
        return Ok(());
    }
    let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let header = header.map(str::to_owned);
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
    let access = api.access.clone();
    // A password that was not seen lately costs tens of milliseconds.
    let outcome = tokio::task::spawn_blocking(move || {
        let presented = Presented { authorization: header.as_deref(), peer, ..Presented::default() };
        access.authorize(&presented, right).map(|_| ())
    })
    .await
    .map_err(|error| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    outcome.map_err(|denied| {
        let text = format!("{denied}\n");
        match denied {
            Denied::Missing | Denied::Wrong => Refusal::new(StatusCode::UNAUTHORIZED, text).with_header(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"quaywatch\", charset=\"UTF-8\""),
            ),
            Denied::Forbidden => Refusal::new(StatusCode::FORBIDDEN, text),
            Denied::Throttled { retry_after_s } => Refusal::new(StatusCode::TOO_MANY_REQUESTS, text)
                .with_header(header::RETRY_AFTER, HeaderValue::from(retry_after_s)),
        }
    })
}

fn tenant_of(api: &LokiApi, parts: &Parts) -> Result<String, Refusal> {
    let header = parts.headers.get("x-scope-orgid").and_then(|value| value.to_str().ok()).unwrap_or("");
    if header.is_empty() {
        return if api.config.tenant_required {
            Err(Refusal::new(StatusCode::UNAUTHORIZED, "no org id\n"))
        } else {
            Ok(SINGLE_TENANT.to_owned())
        };
    }
    if header.len() > limits::TENANT_BYTES_MAX {
        return Err(Refusal::bad(format!(
            "tenant ID is too long: max {} characters",
            limits::TENANT_BYTES_MAX
        )));
    }
    if header.contains('|') {
        return Err(Refusal::bad("multiple org IDs present"));
    }
    let allowed = |next: char| next.is_ascii_alphanumeric() || "!-_.*'()".contains(next);
    if let Some(wrong) = header.chars().find(|next| !allowed(*next)) {
        return Err(Refusal::bad(format!("tenant ID '{header}' contains unsupported character '{wrong}'")));
    }
    if header == "." || header == ".." {
        return Err(Refusal::bad("tenant ID is '.' or '..'"));
    }
    Ok(header.to_owned())
}
