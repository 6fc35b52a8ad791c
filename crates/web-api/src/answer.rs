//! Errors as the page reads them: `{"error": what is wrong, "help": how to go on}`.

use access_control::{AccessError, Denied, SetupError};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

/// An answer that is not 2xx.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    error: String,
    help: String,
    retry_after_s: Option<u64>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, error: impl Into<String>, help: impl Into<String>) -> Self {
        ApiError { status, error: error.into(), help: help.into(), retry_after_s: None }
    }

    pub(crate) fn bad_request(error: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, help)
    }

    /// Details go to the log, not to the network.
    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "answering the page");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string(), "the log of quaywatch says more")
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = Json(json!({ "error": self.error, "help": self.help }));
        let mut response = (self.status, body).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<Denied> for ApiError {
    /// No `WWW-Authenticate`: it would make browsers ask with their own dialog.
    fn from(denied: Denied) -> Self {
        let (status, help) = match denied {
            Denied::Missing | Denied::Wrong => (StatusCode::UNAUTHORIZED, "log in again"),
            Denied::Forbidden => (StatusCode::FORBIDDEN, "ask an admin for a role that may"),
            Denied::Throttled { .. } => (StatusCode::TOO_MANY_REQUESTS, "wait a moment"),
        };
        let retry_after_s = match denied {
            Denied::Throttled { retry_after_s } => Some(retry_after_s),
            _ => None,
        };
        ApiError { status, error: denied.to_string(), help: help.to_owned(), retry_after_s }
    }
}

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::BadName(_)
            | AccessError::PasswordTooShort
            | AccessError::PasswordTooLong
            | AccessError::Off => Self::bad_request(error.to_string(), "change it and try again"),
            other => Self::internal(&other),
        }
    }
}

impl From<SetupError> for ApiError {
    fn from(error: SetupError) -> Self {
        match error {
            SetupError::Access(error) => error.into(),
            SetupError::AlreadyDone => Self::new(StatusCode::CONFLICT, error.to_string(), "log in"),
            SetupError::WrongCode { tries_left } => Self::new(
                StatusCode::FORBIDDEN,
                error.to_string(),
                format!("look at the log of the first start; {tries_left} tries are left"),
            ),
            SetupError::CodeVoid => Self::new(
                StatusCode::FORBIDDEN,
                error.to_string(),
                "or add a user with: quaywatch user add NAME --role admin",
            ),
        }
    }
}
