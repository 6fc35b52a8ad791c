//! `replacePathRegex`: replaces the path by pattern.

use http::{Request, StatusCode};
use regex::Regex;

use super::{Answer, Layer, Next, build::Workshop, redirect_regex::pattern, replace_path::replaced};
use crate::{body::Body, dynamic, exchange::Exchange};

pub(super) struct ReplacePathRegex {
    regex: Regex,
    replacement: String,
}

impl ReplacePathRegex {
    pub(super) fn build(
        settings: &dynamic::ReplacePathRegex,
        _: &mut Workshop<'_>,
    ) -> Result<(Self, Vec<String>), String> {
        let regex = pattern(settings.regex.trim())?;
        Ok((ReplacePathRegex { regex, replacement: settings.replacement.trim().to_owned() }, Vec::new()))
    }
}

impl Layer for ReplacePathRegex {
    fn handle<'a>(
        &'a self,
        request: Request<Body>,
        exchange: &'a mut Exchange,
        next: Next<'a>,
    ) -> Answer<'a> {
        Box::pin(async move {
            let path = request.uri().path();
            if !self.regex.is_match(path) {
                return next.run(request, exchange).await;
            }
            let path = self.regex.replace_all(path, self.replacement.as_str()).into_owned();
            match replaced(request, &path) {
                Some(request) => next.run(request, exchange).await,
                None => exchange.refuse(StatusCode::BAD_REQUEST, "path"),
            }
        })
    }
}
