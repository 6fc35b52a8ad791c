//! `retry`: how often a request is tried when servers cannot be connected to.

use http::Request;

use super::{Answer, Layer, Next, build::Workshop};
use crate::{body::Body, dynamic, exchange::Exchange, upstream::bounded_attempts};

pub(super) struct Retry(usize, std::time::Duration);

impl Retry {
    pub(super) fn build(
        settings: &dynamic::Retry,
        _: &mut Workshop<'_>,
    ) -> Result<(Self, Vec<String>), String> {
        if settings.attempts == 0 {
            return Err("retry needs attempts, at least 1".to_owned());
        }
        let (attempts, pause) = bounded_attempts(settings.attempts, settings.initial_interval.0);
        Ok((Retry(attempts, pause), Vec::new()))
    }
}

impl Layer for Retry {
    fn handle<'a>(
        &'a self,
        request: Request<Body>,
        exchange: &'a mut Exchange,
        next: Next<'a>,
    ) -> Answer<'a> {
        exchange.attempts = (self.0, self.1);
        Box::pin(next.run(request, exchange))
    }
}
