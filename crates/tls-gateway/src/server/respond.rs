//! The answer's last steps: headers of ours, and the log line when its last byte is gone.

use std::{
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version, header};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::{Shared, progress::Active};
use crate::{
    access_log::Record,
    body::{Body, BoxError},
    exchange::Exchange,
};

/// What the log needs of a request that is long gone by then.
pub(super) struct Facts {
    method: Method,
    target: String,
    version: Version,
    user_agent: Option<HeaderValue>,
}

impl Facts {
    pub(super) fn of<B>(request: &Request<B>) -> Facts {
        Facts {
            method: request.method().clone(),
            target: request.uri().path().to_owned(),
            version: request.version(),
            user_agent: request.headers().get(header::USER_AGENT).cloned(),
        }
    }
}

/// Tells browsers to come over TLS from now on; not for names that every machine has.
pub(super) fn add_hsts(response: &mut Response<Body>, exchange: &Exchange, seconds: u64) {
    let host = &*exchange.host;
    let shared_name = host == "localhost" || host.ends_with(".localhost") || host.is_empty();
    if seconds == 0 || !exchange.is_secure() || shared_name || host.parse::<IpAddr>().is_ok() {
        return;
    }
    if let http::header::Entry::Vacant(entry) =
        response.headers_mut().entry(header::STRICT_TRANSPORT_SECURITY)
        && let Ok(value) = HeaderValue::try_from(format!("max-age={seconds}"))
    {
        entry.insert(value);
    }
}

/// Wraps the body so that the end of it is noticed.
pub(super) fn finish(
    response: Response<Body>,
    exchange: Exchange,
    facts: Facts,
    shared: Arc<Shared>,
    active: Active,
) -> Response<Logged> {
    let status = response.status();
    let retry_after = response.headers().contains_key(header::RETRY_AFTER);
    if let Some(reason) = exchange.refused {
        shared.metrics.refused_request(reason);
    }
    let _ = retry_after;
    let end = End { exchange, facts, status, bytes: 0, shared, _active: active };
    response.map(|inner| Logged { inner, end: Some(Box::new(end)) })
}

/// A body whose end is noticed.
pub(super) struct Logged {
    inner: Body,
    end: Option<Box<End>>,
}

struct End {
    exchange: Exchange,
    facts: Facts,
    status: StatusCode,
    bytes: u64,
    shared: Arc<Shared>,
    _active: Active,
}

impl HttpBody for Logged {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let (Some(data), Some(end)) = (frame.data_ref(), &mut this.end)
        {
            end.bytes += data.len() as u64;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Sent whole, or broken off: either way this is the end.
impl Drop for Logged {
    fn drop(&mut self) {
        let Some(end) = self.end.take() else { return };
        let End { exchange, facts, status, bytes, shared, _active } = *end;
        let duration = exchange.started.elapsed();
        shared.metrics.request(
            &exchange.connection.entry_point,
            status,
            exchange.request_bytes(),
            bytes,
            duration,
        );
        shared.log.write(|| Record {
            method: facts.method,
            path: facts.target,
            version: facts.version,
            user_agent: facts.user_agent,
            status,
            bytes,
            duration,
            exchange,
        });
    }
}
