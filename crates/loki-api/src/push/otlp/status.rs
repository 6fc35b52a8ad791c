//! Errors as OTLP wants them: a protobuf `google.rpc.Status`, 503 for what may be tried again.

use axum::{body::Body, response::Response};
use http::{HeaderValue, StatusCode, header};
use prost::Message;

use crate::reply::Refusal;

#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

/// The refusal as an answer to an exporter.
pub(super) fn response(refusal: &Refusal) -> Response {
    let status = match refusal.status() {
        // Exporters take 500 for good and drop the data.
        StatusCode::INTERNAL_SERVER_ERROR => StatusCode::SERVICE_UNAVAILABLE,
        status => status,
    };
    let body = Status { code: 0, message: refusal.text().trim_end().to_owned() }.encode_to_vec();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/octet-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    if let Some((name, value)) = refusal.header() {
        response.headers_mut().insert(name, value);
    }
    response
}
