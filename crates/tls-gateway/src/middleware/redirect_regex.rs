//! `redirectRegex`: redirects by pattern of the whole URL.

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use regex::{Regex, RegexBuilder};

use super::{Answer, Layer, Next, build::Workshop};
use crate::{
    body::Body,
    dynamic,
    exchange::{Exchange, plain},
    limits::REGEX_BYTES_MAX,
};

pub(super) struct RedirectRegex {
    regex: Regex,
    replacement: String,
    permanent: bool,
}

impl RedirectRegex {
    pub(super) fn build(
        settings: &dynamic::RedirectRegex,
        _: &mut Workshop<'_>,
    ) -> Result<(Self, Vec<String>), String> {
        let regex = pattern(&settings.regex)?;
        let replacement = settings.replacement.clone();
        Ok((RedirectRegex { regex, replacement, permanent: settings.permanent }, Vec::new()))
    }
}

impl Layer for RedirectRegex {
    fn handle<'a>(
        &'a self,
        request: Request<Body>,
        exchange: &'a mut Exchange,
        next: Next<'a>,
    ) -> Answer<'a> {
        Box::pin(async move {
            let url = exchange.url(&request);
            if !self.regex.is_match(&url) {
                return next.run(request, exchange).await;
            }
            let target = self.regex.replace_all(&url, self.replacement.as_str());
            if *target == *url {
                return next.run(request, exchange).await;
            }
            redirect(request.method(), &target, self.permanent)
        })
    }
}

/// A pattern of bounded size.
pub(super) fn pattern(text: &str) -> Result<Regex, String> {
    if text.is_empty() {
        return Err("the pattern is empty".to_owned());
    }
    RegexBuilder::new(text).size_limit(REGEX_BYTES_MAX).build().map_err(|error| {
        let error = error.to_string();
        format!("the pattern {text:?} cannot be read: {}", error.lines().last().unwrap_or_default())
    })
}

/// 301 and 302 for reading, 308 and 307 for the rest, which must be sent again as it was.
pub(crate) fn redirect(method: &Method, target: &str, permanent: bool) -> Response<Body> {
    let Ok(location) = HeaderValue::from_str(target) else { return plain(StatusCode::BAD_REQUEST) };
    let status = match (permanent, *method == Method::GET) {
        (true, true) => StatusCode::MOVED_PERMANENTLY,
        (true, false) => StatusCode::PERMANENT_REDIRECT,
        (false, true) => StatusCode::FOUND,
        (false, false) => StatusCode::TEMPORARY_REDIRECT,
    };
    let mut response = plain(status);
    response.headers_mut().insert(header::LOCATION, location);
    response
}
