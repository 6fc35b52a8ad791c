//! `replacePath`: replaces the path.

use http::{HeaderName, HeaderValue, Request, StatusCode};

use super::{Answer, Layer, Next, add_prefix::with_path, build::Workshop};
use crate::{body::Body, dynamic, exchange::Exchange};

pub(super) const REPLACED: HeaderName = HeaderName::from_static("x-replaced-path");

pub(super) struct ReplacePath(String);

impl ReplacePath {
    pub(super) fn build(
        settings: &dynamic::ReplacePath,
        _: &mut Workshop<'_>,
    ) -> Result<(Self, Vec<String>), String> {
        if !settings.path.starts_with('/') {
            return Err("the path of replacePath does not begin with /".to_owned());
        }
        Ok((ReplacePath(settings.path.clone()), Vec::new()))
    }
}

impl Layer for ReplacePath {
    fn handle<'a>(
        &'a self,
        request: Request<Body>,
        exchange: &'a mut Exchange,
        next: Next<'a>,
    ) -> Answer<'a> {
        Box::pin(async move {
            match replaced(request, &self.0) {
                Some(request) => next.run(request, exchange).await,
                None => exchange.refuse(StatusCode::BAD_REQUEST, "path"),
            }
        })
    }
}

/// With another path; the old one in `X-Replaced-Path`, as Traefik.
pub(super) fn replaced(mut request: Request<Body>, path: &str) -> Option<Request<Body>> {
    let before = HeaderValue::from_str(request.uri().path()).ok()?;
    request.headers_mut().insert(REPLACED, before);
    with_path(request, path)
}
