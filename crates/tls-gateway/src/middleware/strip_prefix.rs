//! `stripPrefix`: takes the first prefix that fits off the path.

use http::{HeaderName, HeaderValue, Request, StatusCode};

use super::{Answer, Layer, Next, add_prefix::with_path, build::Workshop};
use crate::{body::Body, dynamic, exchange::Exchange};

const PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

pub(super) struct StripPrefix(Vec<String>);

impl StripPrefix {
    pub(super) fn build(
        settings: &dynamic::StripPrefix,
        _: &mut Workshop<'_>,
    ) -> Result<(Self, Vec<String>), String> {
        Ok((StripPrefix(settings.prefixes.to_vec()), Vec::new()))
    }
}

impl Layer for StripPrefix {
    fn handle<'a>(
        &'a self,
        request: Request<Body>,
        exchange: &'a mut Exchange,
        next: Next<'a>,
    ) -> Answer<'a> {
        Box::pin(async move {
            let path = request.uri().path();
            let Some(prefix) = self.0.iter().find(|prefix| path.starts_with(prefix.as_str())) else {
                return next.run(request, exchange).await;
            };
            match strip(request, prefix.len(), prefix) {
                Some(request) => next.run(request, exchange).await,
                None => exchange.refuse(StatusCode::BAD_REQUEST, "path"),
            }
        })
    }
}

/// Takes so many bytes off the path and says so in `X-Forwarded-Prefix`.
pub(super) fn strip(mut request: Request<Body>, bytes: usize, prefix: &str) -> Option<Request<Body>> {
    let rest = request.uri().path().get(bytes..)?;
    let path = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
    let prefix = HeaderValue::from_str(prefix).ok()?;
    request.headers_mut().insert(PREFIX, prefix);
    with_path(request, &path)
}
