//! Bodies on their way through: a client's, an upstream's, one of our own.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, combinators::UnsyncBoxBody};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::Sleep;

use crate::limits::BODY_BYTES_PER_TIMEOUT_MIN;

/// Any error of a body.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A body.
pub enum Body {
    /// Nothing.
    Empty,
    /// All there is.
    Full(Bytes),
    /// From a client.
    Client(ClientBody),
    /// From an upstream.
    Upstream(Incoming),
    /// From anywhere else.
    Boxed(UnsyncBoxBody<Bytes, BoxError>),
}

impl Body {
    /// Wraps another body.
    pub fn boxed<B>(body: B) -> Body
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Body::Boxed(body.map_err(Into::into).boxed_unsync())
    }

    /// A short text.
    pub fn text(text: impl Into<Bytes>) -> Body {
        Body::Full(text.into())
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Body::Empty => "Empty",
            Body::Full(_) => "Full",
            Body::Client(_) => "Client",
            Body::Upstream(_) => "Upstream",
            Body::Boxed(_) => "Boxed",
        })
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        match this {
            Body::Empty => Poll::Ready(None),
            Body::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                *this = Body::Empty;
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            Body::Client(body) => Pin::new(body).poll_frame(context),
            Body::Upstream(body) => Pin::new(body).poll_frame(context).map_err(Into::into),
            Body::Boxed(body) => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Body::Empty => true,
            Body::Full(bytes) => bytes.is_empty(),
            Body::Client(body) => body.inner.is_end_stream(),
            Body::Upstream(body) => body.is_end_stream(),
            Body::Boxed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Body::Empty => SizeHint::with_exact(0),
            Body::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Body::Client(body) => body.inner.size_hint(),
            Body::Upstream(body) => body.size_hint(),
            Body::Boxed(body) => body.size_hint(),
        }
    }
}

/// The body of a client's request: counted, and given up on when it comes too slowly. Its
/// trailers end here: whatever trusts a header must not find it in a place nobody checked.
pub struct ClientBody {
    inner: Incoming,
    counted: Arc<AtomicU64>,
    timeout: Option<Duration>,
    timer: Option<Pin<Box<Sleep>>>,
    /// Bytes since the timer was started.
    since_timer: usize,
}

/// The client sends too slowly.
#[derive(Debug, thiserror::Error)]
#[error("the client sent less than {BODY_BYTES_PER_TIMEOUT_MIN} bytes in {seconds} s")]
pub(crate) struct TooSlow {
    seconds: u64,
}

impl ClientBody {
    pub(crate) fn new(inner: Incoming, counted: Arc<AtomicU64>, timeout: Option<Duration>) -> Self {
        ClientBody { inner, counted, timeout, timer: None, since_timer: 0 }
    }
}

impl HttpBody for ClientBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        match Pin::new(&mut this.inner).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                let Some(data) = frame.data_ref() else { return Poll::Ready(None) };
                this.counted.fetch_add(data.len() as u64, Ordering::Relaxed);
                this.since_timer = this.since_timer.saturating_add(data.len());
                // Single bytes now and then do not reset it.
                if this.since_timer >= BODY_BYTES_PER_TIMEOUT_MIN {
                    this.timer = None;
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(other) => Poll::Ready(other.map(|result| result.map_err(Into::into))),
            Poll::Pending => {
                let Some(timeout) = this.timeout else { return Poll::Pending };
                let timer = this.timer.get_or_insert_with(|| {
                    this.since_timer = 0;
                    Box::pin(tokio::time::sleep(timeout))
                });
                ready!(timer.as_mut().poll(context));
                Poll::Ready(Some(Err(Box::new(TooSlow { seconds: timeout.as_secs() }))))
            }
        }
    }
}
