//! What senders are answered.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::{journal::AppendError, router::IngestError};

/// Seconds after which a sender may try again when the queue is full.
const RETRY_AFTER_SECONDS: u64 = 5;

/// Why a request was not taken; nothing of it was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Rejection {
    /// 400.
    #[error("{0}")]
    Malformed(String),
    /// 413.
    #[error("{0}")]
    TooLarge(String),
    /// 408.
    #[error("the body came too slowly")]
    TooSlow,
    /// 503.
    #[error(transparent)]
    Full(AppendError),
    /// 503.
    #[error("the hub is shutting down")]
    Closing,
}

impl From<IngestError> for Rejection {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::TooLarge { .. } => Rejection::TooLarge(error.to_string()),
            IngestError::Refused(AppendError::TooLarge { .. }) => Rejection::TooLarge(error.to_string()),
            IngestError::Refused(error) => Rejection::Full(error),
        }
    }
}

impl Rejection {
    /// The value of the `reason` label.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Rejection::Malformed(_) => "malformed",
            Rejection::TooLarge(_) => "too_large",
            Rejection::TooSlow => "too_slow",
            Rejection::Full(error) => error.reason(),
            Rejection::Closing => "closing",
        }
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let status = match &self {
            Rejection::Malformed(_) => StatusCode::BAD_REQUEST,
            Rejection::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Rejection::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Rejection::Full(_) | Rejection::Closing => StatusCode::SERVICE_UNAVAILABLE,
        };
        let mut response = (status, format!("{self}\n")).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        response
    }
}
