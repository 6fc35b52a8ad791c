//! Quaywatch's own users in front of a route: `reader@internal`, `writer@internal`,
//! `admin@internal`, and `loki-rights@internal`, which asks for what the path does.

use std::sync::Arc;

use access_control::{Denied, Presented, Right};
use http::{HeaderValue, Method, Request, header};

use super::{Answer, Layer, Next, basic_auth::refuse};
use crate::{body::Body, exchange::Exchange, server::Guards};

/// What a route asks of our own users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserRight {
    /// This, always.
    Fixed(Right),
    /// What a path of Loki's API does: reading, pushing, or deleting.
    OfLokiPath,
}

pub(crate) struct Users {
    guards: Arc<Guards>,
    right: UserRight,
}

impl Users {
    pub(crate) fn new(guards: Arc<Guards>, right: UserRight) -> Self {
        Users { guards, right }
    }

    async fn verify(
        &self,
        header: Option<String>,
        right: Right,
        exchange: &Exchange,
    ) -> Result<String, Denied> {
        let header = header.ok_or(Denied::Missing)?;
        let Ok(_permit) = self.guards.hashing().await else {
            return Err(Denied::Throttled { retry_after_s: 1 });
        };
        let (access, client) = (self.guards.access.clone(), exchange.client);
        let check = move || {
            let presented =
                Presented { authorization: Some(&header), peer: Some(client), ..Presented::default() };
            access.authorize(&presented, right).map(|identity| identity.name)
        };
        tokio::task::spawn_blocking(check).await.unwrap_or(Err(Denied::Wrong))
    }
}

/// Reading is what is known to read; everything else writes, so that a path nobody thought of is
/// closed to readers.
fn loki_right(method: &Method, path: &str) -> Right {
    const QUERIES: [&str; 12] = [
        "/loki/api/v1/query",
        "/loki/api/v1/query_range",
        "/loki/api/v1/labels",
        "/loki/api/v1/label",
        "/loki/api/v1/series",
        "/loki/api/v1/index/",
        "/loki/api/v1/tail",
        "/loki/api/v1/patterns",
        "/loki/api/v1/detected_",
        "/loki/api/v1/format_query",
        "/loki/api/v1/status/",
        "/loki/api/v1/drilldown-limits",
    ];
    let reads = method == Method::GET || method == Method::HEAD || method == Method::OPTIONS;
    if path.starts_with("/loki/api/v1/delete") || path.starts_with("/loki/api/v1/cache/") {
        return if reads { Right::Read } else { Right::Administer };
    }
    if path.starts_with("/loki/api/v1/rules") || path.starts_with("/api/prom/rules") {
        return if reads { Right::Read } else { Right::Administer };
    }
    if path.ends_with("/push") || path == "/otlp/v1/logs" {
        return Right::Write;
    }
    // Grafana sends long queries by POST.
    let query = QUERIES.iter().any(|query| path.starts_with(query));
    if reads || (query && method == Method::POST) { Right::Read } else { Right::Write }
}

impl Layer for Users {
    fn handle<'a>(
        &'a self,
        mut request: Request<Body>,
        exchange: &'a mut Exchange,
        next: Next<'a>,
    ) -> Answer<'a> {
        Box::pin(async move {
            let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
            let header = header.map(str::to_owned);
            let right = match self.right {
                UserRight::Fixed(right) => right,
                UserRight::OfLokiPath => loki_right(request.method(), request.uri().path()),
            };
            match self.verify(header, right, exchange).await {
                Ok(user) => {
                    // What opens Quaywatch is nothing for a container to see.
                    request.headers_mut().remove(header::AUTHORIZATION);
                    exchange.user = Some(user);
                    next.run(request, exchange).await
                }
                Err(denied) => {
                    let challenge = HeaderValue::from_static("Basic realm=\"quaywatch\", charset=\"UTF-8\"");
                    refuse(&denied, &challenge, exchange)
                }
            }
        })
    }

    fn is_guard(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_and_pushing_are_told_apart() {
        let check =
            |method: Method, path: &str, right: Right| assert_eq!(loki_right(&method, path), right, "{path}");
        check(Method::GET, "/loki/api/v1/query_range", Right::Read);
        check(Method::POST, "/loki/api/v1/query_range", Right::Read);
        check(Method::POST, "/loki/api/v1/push", Right::Write);
        check(Method::GET, "/loki/api/v1/push", Right::Write);
        check(Method::POST, "/api/prom/push", Right::Write);
        check(Method::POST, "/otlp/v1/logs", Right::Write);
        check(Method::POST, "/loki/api/v1/delete", Right::Administer);
        check(Method::POST, "/flush", Right::Write);
        check(Method::GET, "/ready", Right::Read);
    }
}
