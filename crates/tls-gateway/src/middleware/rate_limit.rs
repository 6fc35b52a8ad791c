//! `rateLimit`: a bucket of tokens per source.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use http::{HeaderValue, Request, StatusCode, header};
use parking_lot::Mutex;

use super::{
    Answer, Layer, Next,
    build::Workshop,
    source::{AddressChoice, Source},
};
use crate::{body::Body, dynamic, exchange::Exchange, limits::SOURCES_MAX};

pub(super) struct RateLimit {
    /// Tokens per second; 0: no bound.
    rate: f64,
    burst: f64,
    source: Source,
    buckets: Mutex<HashMap<String, (f64, Instant)>>,
}

impl RateLimit {
    pub(super) fn build(
        settings: &dynamic::RateLimit,
        _: &mut Workshop<'_>,
    ) -> Result<(Self, Vec<String>), String> {
        if settings.average < 0 || settings.burst < 0 {
            return Err("rateLimit with a negative average or burst".to_owned());
        }
        let period = if settings.period.0.is_zero() { Duration::from_secs(1) } else { settings.period.0 };
        let source =
            Source::build(settings.source_criterion.as_ref(), Source::Address(AddressChoice::default()))?;
        let rate = settings.average as f64 / period.as_secs_f64();
        Ok((
            RateLimit { rate, burst: settings.burst.max(1) as f64, source, buckets: Mutex::default() },
            Vec::new(),
        ))
    }

    /// How long to wait; `None` when there is a token.
    fn take(&self, source: String, now: Instant) -> Option<Duration> {
        let mut buckets = self.buckets.lock();
        if buckets.len() >= SOURCES_MAX && !buckets.contains_key(&source) {
            // A full bucket is the same as none.
            let (rate, burst) = (self.rate, self.burst);
            buckets.retain(|_, (tokens, at)| *tokens + now.duration_since(*at).as_secs_f64() * rate < burst);
            if buckets.len() >= SOURCES_MAX {
                return Some(Duration::from_secs(1));
            }
        }
        let (tokens, at) = buckets.entry(source).or_insert((self.burst, now));
        *tokens = (*tokens + now.duration_since(*at).as_secs_f64() * self.rate).min(self.burst);
        *at = now;
        if *tokens >= 1.0 {
            *tokens -= 1.0;
            return None;
        }
        Some(Duration::from_secs_f64((1.0 - *tokens) / self.rate))
    }
}

impl Layer for RateLimit {
    fn handle<'a>(
        &'a self,
        request: Request<Body>,
        exchange: &'a mut Exchange,
        next: Next<'a>,
    ) -> Answer<'a> {
        Box::pin(async move {
            if self.rate == 0.0 {
                return next.run(request, exchange).await;
            }
            let source = self.source.of(&request, exchange);
            let Some(wait) = self.take(source, Instant::now()) else {
                return next.run(request, exchange).await;
            };
            let mut response = exchange.refuse(StatusCode::TOO_MANY_REQUESTS, "rate");
            let seconds = wait.as_secs_f64().ceil().max(1.0) as u64;
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            response
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_back() {
        let limit = RateLimit { rate: 2.0, burst: 3.0, source: Source::Host, buckets: Mutex::default() };
        let start = Instant::now();
        for _ in 0..3 {
            assert_eq!(limit.take("a".to_owned(), start), None);
        }
        assert_eq!(limit.take("a".to_owned(), start), Some(Duration::from_millis(500)));
        assert_eq!(limit.take("b".to_owned(), start), None);
        assert_eq!(limit.take("a".to_owned(), start + Duration::from_millis(500)), None);
    }
}
