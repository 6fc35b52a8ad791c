//! Answers in Loki's form: errors are plain text, data is JSON.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use logql_engine::QueryError;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=UTF-8");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// A refusal.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    text: String,
    header: Option<(header::HeaderName, HeaderValue)>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Refusal { status, text: text.into(), header: None }
    }

    /// 400 with a sentence.
    pub(crate) fn bad(text: impl Into<String>) -> Self {
        Refusal::new(StatusCode::BAD_REQUEST, text)
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// A header that goes with it.
    pub(crate) fn header(&self) -> Option<(header::HeaderName, HeaderValue)> {
        self.header.clone()
    }

    /// What it says.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn with_header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.header = Some((name, value));
        self
    }
}

impl From<QueryError> for Refusal {
    fn from(error: QueryError) -> Self {
        let status = match &error {
            QueryError::Parse(_)
            | QueryError::BadRequest(_)
            | QueryError::Limit(_)
            | QueryError::Pipeline { .. } => StatusCode::BAD_REQUEST,
            QueryError::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
            QueryError::TimedOut => StatusCode::GATEWAY_TIMEOUT,
            QueryError::Matching(_) | QueryError::Read(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Refusal::new(status, error.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.text));
        *response.status_mut() = self.status;
        response.headers_mut().insert(header::CONTENT_TYPE, TEXT);
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// 200 with JSON.
pub(crate) fn json(text: String) -> Response {
    typed(text, JSON)
}

/// 200 with plain text.
pub(crate) fn text(text: impl Into<String>) -> Response {
    typed(text.into(), TEXT)
}

fn typed(text: String, kind: HeaderValue) -> Response {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
