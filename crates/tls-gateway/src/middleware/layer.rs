//! What a middleware is, and how they follow each other.

use std::{pin::Pin, sync::Arc};

use http::{Request, Response};

use crate::{body::Body, exchange::Exchange, server::Shared, upstream::ServiceHandle};

/// The answer, later.
pub(crate) type Answer<'a> = Pin<Box<dyn Future<Output = Response<Body>> + Send + 'a>>;

/// A middleware, built.
pub(crate) trait Layer: Send + Sync {
    /// Answers, or asks the next one.
    fn handle<'a>(&'a self, request: Request<Body>, exchange: &'a mut Exchange, next: Next<'a>)
    -> Answer<'a>;

    /// Whether a request must prove something to pass: routes with such a middleware are strict
    /// about paths that can be read in two ways.
    fn is_guard(&self) -> bool {
        false
    }

    /// The encoded characters it decides about; `None`: it does not.
    fn allowed_encodings(&self) -> Option<u8> {
        None
    }
}

/// What comes after a middleware.
#[derive(Clone, Copy)]
pub(crate) struct Next<'a> {
    pub(crate) layers: &'a [Arc<dyn Layer>],
    pub(crate) service: &'a ServiceHandle,
    pub(crate) shared: &'a Arc<Shared>,
}

impl<'a> Next<'a> {
    /// Hands the request on.
    pub(crate) async fn run(self, request: Request<Body>, exchange: &mut Exchange) -> Response<Body> {
        match self.layers.split_first() {
            Some((first, rest)) => first.handle(request, exchange, Next { layers: rest, ..self }).await,
            None => self.service.call(request, exchange, self.shared).await,
        }
    }
}
