//! `addPrefix`: puts a prefix in front of the path.

use http::{Request, StatusCode};

use super::{Answer, Layer, Next, build::Workshop};
use crate::{
    body::Body,
    dynamic,
    exchange::Exchange,
    request::{PathForm, normal_path, set_path},
};

pub(super) struct AddPrefix(String);

impl AddPrefix {
    pub(super) fn build(
        settings: &dynamic::AddPrefix,
        _: &mut Workshop<'_>,
    ) -> Result<(Self, Vec<String>), String> {
        let prefix = settings.prefix.as_str();
        if prefix.is_empty() {
            return Err("addPrefix has no prefix".to_owned());
        }
        let slash = if prefix.starts_with('/') { "" } else { "/" };
        Ok((AddPrefix(format!("{slash}{prefix}")), Vec::new()))
    }
}

impl Layer for AddPrefix {
    fn handle<'a>(
        &'a self,
        request: Request<Body>,
        exchange: &'a mut Exchange,
        next: Next<'a>,
    ) -> Answer<'a> {
        Box::pin(async move {
            let path = format!("{}{}", self.0, request.uri().path());
            match with_path(request, &path) {
                Some(request) => next.run(request, exchange).await,
                None => exchange.refuse(StatusCode::BAD_REQUEST, "path"),
            }
        })
    }
}

/// The request with another path; `None` when that is not in normal form: a rewrite must never
/// make a path that the route would not have matched.
pub(super) fn with_path(mut request: Request<Body>, path: &str) -> Option<Request<Body>> {
    match normal_path(path) {
        PathForm::Normal(normal) if *normal == *path => {}
        _ => return None,
    }
    *request.uri_mut() = set_path(request.uri(), path)?;
    Some(request)
}
