//! Serves the embedded page. Every path that is not a file and not the API's is a view of the page.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};

use crate::answer::ApiError;

pub(crate) async fn page(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path();
    if path == "/api" || path.starts_with("/api/") {
        return ApiError::new(
            StatusCode::NOT_FOUND,
            "there is no such call",
            "see docs for the calls under /api",
        )
        .into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "the page is only read", "use GET")
            .into_response();
    }
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    let asset = match web_ui::asset(path) {
        None if !is_file => web_ui::asset("index.html"),
        found => found,
    };
    let Some(asset) = asset else {
        return ApiError::new(StatusCode::NOT_FOUND, "there is no such file", "load the page again")
            .into_response();
    };
    let gzip = asset.gzip.filter(|_| accepts_gzip(&headers));
    let caching = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|value| value == asset.etag);
    let body = if known { Body::empty() } else { Body::from(gzip.unwrap_or(asset.body)) };
    let mut response = Response::new(body);
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    answer.insert(header::ETAG, HeaderValue::from_static(asset.etag));
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if gzip.is_some() {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    accepted.split(',').any(|coding| {
        let mut parts = coding.split(';');
        parts.next().is_some_and(|name| name.trim().eq_ignore_ascii_case("gzip"))
            && !parts.any(|weight| matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}
