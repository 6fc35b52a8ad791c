//! `inFlightReq`: bounds the requests at once.

use std::{collections::HashMap, sync::Arc};

use http::{Request, StatusCode};
use parking_lot::Mutex;

use super::{Answer, Layer, Next, build::Workshop, source::Source};
use crate::{body::Body, dynamic, exchange::Exchange, limits::SOURCES_MAX};

pub(super) struct InFlightReq {
    amount: usize,
    source: Source,
    open: Arc<Mutex<HashMap<String, usize>>>,
}

impl InFlightReq {
    pub(super) fn build(
        settings: &dynamic::InFlightReq,
        _: &mut Workshop<'_>,
    ) -> Result<(Self, Vec<String>), String> {
        let amount = usize::try_from(settings.amount).unwrap_or(0);
        if amount == 0 {
            return Err("inFlightReq needs an amount above 0".to_owned());
        }
        let source = Source::build(settings.source_criterion.as_ref(), Source::Host)?;
        Ok((InFlightReq { amount, source, open: Arc::default() }, Vec::new()))
    }
}

/// One request, no longer counted when dropped.
struct Place(Arc<Mutex<HashMap<String, usize>>>, String);

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.0.lock();
        if let Some(count) = open.get_mut(&self.1) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(&self.1);
            }
        }
    }
}

impl Layer for InFlightReq {
    fn handle<'a>(
        &'a self,
        request: Request<Body>,
        exchange: &'a mut Exchange,
        next: Next<'a>,
    ) -> Answer<'a> {
        Box::pin(async move {
            let source = self.source.of(&request, exchange);
            let taken = {
                let mut open = self.open.lock();
                let full = open.len() >= SOURCES_MAX && !open.contains_key(&source);
                let count = open.entry(source.clone()).or_insert(0);
                let taken = !full && *count < self.amount;
                *count += usize::from(taken);
                if *count == 0 {
                    open.remove(&source);
                }
                taken
            };
            if !taken {
                return exchange.refuse(StatusCode::TOO_MANY_REQUESTS, "in_flight");
            }
            let _place = Place(Arc::clone(&self.open), source);
            next.run(request, exchange).await
        })
    }
}
