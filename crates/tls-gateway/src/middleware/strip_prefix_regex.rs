//! `stripPrefixRegex`: takes what a pattern matches at its beginning off the path.

use http::{Request, StatusCode};
use regex::Regex;

use super::{Answer, Layer, Next, build::Workshop, redirect_regex::pattern, strip_prefix::strip};
use crate::{body::Body, dynamic, exchange::Exchange};

pub(super) struct StripPrefixRegex(Vec<Regex>);

impl StripPrefixRegex {
    pub(super) fn build(
        settings: &dynamic::StripPrefixRegex,
        _: &mut Workshop<'_>,
    ) -> Result<(Self, Vec<String>), String> {
        let patterns = settings.regex.iter().map(|regex| pattern(regex.trim()));
        Ok((StripPrefixRegex(patterns.collect::<Result<_, _>>()?), Vec::new()))
    }
}

impl Layer for StripPrefixRegex {
    fn handle<'a>(
        &'a self,
        request: Request<Body>,
        exchange: &'a mut Exchange,
        next: Next<'a>,
    ) -> Answer<'a> {
        Box::pin(async move {
            let path = request.uri().path();
            let found = self.0.iter().find_map(|regex| regex.find(path).filter(|found| found.start() == 0));
            let Some(found) = found.filter(|found| !found.is_empty()) else {
                return next.run(request, exchange).await;
            };
            let (bytes, prefix) = (found.end(), found.as_str().to_owned());
            match strip(request, bytes, &prefix) {
                Some(request) => next.run(request, exchange).await,
                None => exchange.refuse(StatusCode::BAD_REQUEST, "path"),
            }
        })
    }
}
