//! `buffering`: reads requests and answers whole, up to a bound.

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::{Answer, Layer, Next, build::Workshop};
use crate::{
    body::{Body, BoxError, TooSlow},
    dynamic,
    exchange::Exchange,
    limits::BUFFERED_BYTES_MAX,
};

pub(super) struct Buffering {
    request_bytes_max: Option<usize>,
    response_bytes_max: Option<usize>,
}

impl Buffering {
    pub(super) fn build(
        settings: &dynamic::Buffering,
        _: &mut Workshop<'_>,
    ) -> Result<(Self, Vec<String>), String> {
        let mut warnings = Vec::new();
        if !settings.retry_expression.is_empty() {
            warnings.push("retryExpression is not understood: use the retry middleware".to_owned());
        }
        let bound = |bytes: u64| {
            (bytes > 0).then(|| usize::try_from(bytes).unwrap_or(usize::MAX).min(BUFFERED_BYTES_MAX))
        };
        let layer = Buffering {
            request_bytes_max: bound(settings.max_request_body_bytes),
            response_bytes_max: bound(settings.max_response_body_bytes),
        };
        Ok((layer, warnings))
    }
}

impl Layer for Buffering {
    fn handle<'a>(
        &'a self,
        request: Request<Body>,
        exchange: &'a mut Exchange,
        next: Next<'a>,
    ) -> Answer<'a> {
        Box::pin(async move {
            let request = match self.request_bytes_max {
                None => request,
                Some(max) => {
                    let (parts, body) = request.into_parts();
                    match whole(body, max).await {
                        Ok(bytes) => Request::from_parts(parts, Body::Full(bytes)),
                        Err(error) if error.is::<LengthLimitError>() => {
                            return exchange.refuse(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large");
                        }
                        Err(error) if error.is::<TooSlow>() => {
                            return exchange.refuse(StatusCode::REQUEST_TIMEOUT, "slow_body");
                        }
                        Err(_) => return exchange.refuse(StatusCode::BAD_REQUEST, "body"),
                    }
                }
            };
            let response = next.run(request, exchange).await;
            let Some(max) = self.response_bytes_max else { return response };
            let (mut parts, body) = response.into_parts();
            match whole(body, max).await {
                Ok(bytes) => {
                    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
                    http::Response::from_parts(parts, Body::Full(bytes))
                }
                Err(_) => exchange.refuse(StatusCode::INTERNAL_SERVER_ERROR, "answer_too_large"),
            }
        })
    }
}

async fn whole(body: Body, max: usize) -> Result<Bytes, BoxError> {
    Ok(Limited::new(body, max).collect().await?.to_bytes())
}
