//! A service, whatever is behind it.

use std::{convert::Infallible, pin::Pin, sync::Arc};

use http::{Request, Response, StatusCode};
use tower::{Service, ServiceExt as _};

use super::{Balancer, balancer::smooth_next};
use crate::{
    body::{Body, BoxError},
    exchange::{ClientAddress, Exchange, with_text},
    server::Shared,
};

/// The answer of a handler, later.
pub type HandlerFuture = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// A service of this process.
pub type Handler = Arc<dyn Fn(Request<Body>) -> HandlerFuture + Send + Sync>;

/// Makes a handler of a tower service, such as an axum router.
pub fn in_process<S, B>(service: S) -> Handler
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
    B: hyper::body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    Arc::new(move |request| {
        let service = service.clone();
        Box::pin(async move {
            match service.oneshot(request).await {
                Ok(response) => response.map(Body::boxed),
                Err(never) => match never {},
            }
        })
    })
}

/// What a route ends in.
#[derive(Clone)]
pub(crate) enum ServiceHandle {
    /// Servers.
    Balancer(Arc<Balancer>),
    /// Services by weight.
    Weighted(Arc<Weighted>),
    /// In this process.
    Local(Arc<str>, Handler),
}

/// Services by weight.
pub(crate) struct Weighted {
    name: Arc<str>,
    services: Vec<(ServiceHandle, i64)>,
    turns: parking_lot::Mutex<Vec<i64>>,
}

impl std::fmt::Debug for ServiceHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Weighted {
    pub(crate) fn new(name: Arc<str>, services: Vec<(ServiceHandle, i64)>) -> Self {
        let turns = parking_lot::Mutex::new(vec![0; services.len()]);
        Weighted { name, services, turns }
    }
}

impl ServiceHandle {
    pub(crate) fn name(&self) -> &str {
        match self {
            ServiceHandle::Balancer(balancer) => &balancer.name,
            ServiceHandle::Weighted(weighted) => &weighted.name,
            ServiceHandle::Local(name, _) => name,
        }
    }

    /// A service of this process: a path in doubt is refused before it.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self, ServiceHandle::Local(..))
    }

    pub(crate) async fn call(
        &self,
        mut request: Request<Body>,
        exchange: &mut Exchange,
        shared: &Shared,
    ) -> Response<Body> {
        let mut service = self;
        loop {
            match service {
                ServiceHandle::Balancer(balancer) => return balancer.call(request, exchange, shared).await,
                ServiceHandle::Weighted(weighted) => {
                    let weights = weighted.services.iter().map(|(_, weight)| *weight);
                    match smooth_next(&mut weighted.turns.lock(), weights)
                        .and_then(|index| weighted.services.get(index))
                    {
                        Some((chosen, _)) => service = chosen,
                        None => return with_text(StatusCode::SERVICE_UNAVAILABLE, "no available server"),
                    }
                }
                ServiceHandle::Local(name, handler) => {
                    exchange.origin.service = Some(Arc::clone(name));
                    let port = exchange.connection.peer.port();
                    let address = std::net::SocketAddr::new(exchange.client, port);
                    request.extensions_mut().insert(ClientAddress(address));
                    if let Ok(host) = http::HeaderValue::from_str(&exchange.authority) {
                        request.headers_mut().insert(http::header::HOST, host);
                    }
                    let begin = std::time::Instant::now();
                    let response = handler(request).await;
                    exchange.origin.duration = begin.elapsed();
                    exchange.origin.status = Some(response.status());
                    return response;
                }
            }
        }
    }
}
