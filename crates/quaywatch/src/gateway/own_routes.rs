//! Quaywatch's own routes: what its own names lead to.

use std::{net::SocketAddr, sync::Arc};

use access_control::Right;
use axum::{Router, extract::ConnectInfo};
use http::{HeaderValue, Request, Response, header};
use tls_gateway::{Body, ClientAddress, Handler, InternalRoute, Reach, UserRight, in_process};
use tower::ServiceExt as _;

/// Paths of Loki's API; the page keeps everything else.
const LOKI: &str = "PathPrefix(`/loki/api/`) || PathPrefix(`/api/prom/`) || PathPrefix(`/prometheus/api/`) \
                    || Path(`/otlp/v1/logs`) || PathPrefix(`/ruler/`)";
/// Above every route of files.
const RESERVED: i64 = i64::MAX;
/// Below every route of files.
const LAST: i64 = i64::MIN;

/// The services of this process.
pub(super) struct OwnServices {
    pub(super) loki: Handler,
    pub(super) page: Handler,
    pub(super) ingest: Handler,
    pub(super) authority: Handler,
}

impl OwnServices {
    pub(super) fn new(loki: Router, page: Router, ingest: Router, authority_pem: String) -> Self {
        OwnServices {
            loki: handler(loki),
            page: handler(page),
            ingest: handler(ingest),
            authority: authority(authority_pem),
        }
    }

    pub(super) fn routes(&self) -> Vec<InternalRoute> {
        let route = |name: &str, rule: &str, priority, service: &Handler, reach| InternalRoute {
            name: name.to_owned(),
            rule: rule.to_owned(),
            priority,
            service: Arc::clone(service),
            reach,
        };
        vec![
            // Without TLS too: who does not trust the authority yet cannot ask over TLS.
            route(
                "ca",
                "PathPrefix(`/.well-known/quaywatch/`)",
                RESERVED,
                &self.authority,
                Reach::Everywhere,
            ),
            route("loki", LOKI, RESERVED, &self.loki, Reach::Encrypted),
            route("api", "PathPrefix(`/api/`)", RESERVED - 1, &self.page, Reach::Encrypted),
            route("page", "PathPrefix(`/`)", LAST, &self.page, Reach::Encrypted),
        ]
    }

    /// By the names that files may use, with `@internal`.
    pub(super) fn named(&self) -> [(String, Handler); 3] {
        [("loki", &self.loki), ("page", &self.page), ("ingest", &self.ingest)]
            .map(|(name, handler)| (name.to_owned(), Arc::clone(handler)))
    }
}

/// Middlewares by the names that everybody may use, with `@internal`.
pub(super) fn users() -> [(String, UserRight); 4] {
    [
        ("reader", UserRight::Fixed(Right::Read)),
        ("writer", UserRight::Fixed(Right::Write)),
        ("admin", UserRight::Fixed(Right::Administer)),
        ("loki-rights", UserRight::OfLokiPath),
    ]
    .map(|(name, right)| (name.to_owned(), right))
}

/// An axum router finds the client's address where its own server would have put it.
fn handler(router: Router) -> Handler {
    in_process(router.map_request(|mut request: Request<Body>| {
        if let Some(ClientAddress(address)) = request.extensions().get::<ClientAddress>().copied() {
            request.extensions_mut().insert(ConnectInfo::<SocketAddr>(address));
        }
        request
    }))
}

/// The certificate of the local authority, to be trusted by browsers and clients.
fn authority(pem: String) -> Handler {
    Arc::new(move |request| {
        let path = request.uri().path();
        let known = ["/ca.pem", "/ca.crt"]
            .iter()
            .any(|name| path.strip_prefix("/.well-known/quaywatch") == Some(name));
        let pem = pem.clone();
        Box::pin(async move {
            if !known {
                let mut response = Response::new(Body::text("404 page not found\n"));
                *response.status_mut() = http::StatusCode::NOT_FOUND;
                return response;
            }
            let mut response = Response::new(Body::text(pem));
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-x509-ca-cert"));
            let name = HeaderValue::from_static("attachment; filename=\"quaywatch-ca.crt\"");
            headers.insert(header::CONTENT_DISPOSITION, name);
            headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            response
        })
    })
}
