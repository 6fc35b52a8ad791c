//! `redirectScheme`: redirects to another scheme.

use http::Request;

use super::{Answer, Layer, Next, build::Workshop, redirect_regex::redirect};
use crate::{body::Body, dynamic, exchange::Exchange};

pub(crate) struct RedirectScheme {
    scheme: String,
    port: String,
    permanent: bool,
}

impl RedirectScheme {
    pub(super) fn build(
        settings: &dynamic::RedirectScheme,
        _: &mut Workshop<'_>,
    ) -> Result<(Self, Vec<String>), String> {
        if !matches!(settings.scheme.as_str(), "http" | "https") {
            return Err("redirectScheme needs a scheme: http or https".to_owned());
        }
        if !settings.port.is_empty() && settings.port.parse::<u16>().is_err() {
            return Err(format!("{:?} is no port", settings.port));
        }
        let layer = RedirectScheme {
            scheme: settings.scheme.clone(),
            port: settings.port.clone(),
            permanent: settings.permanent,
        };
        Ok((layer, Vec::new()))
    }
}

impl Layer for RedirectScheme {
    fn handle<'a>(
        &'a self,
        request: Request<Body>,
        exchange: &'a mut Exchange,
        next: Next<'a>,
    ) -> Answer<'a> {
        Box::pin(async move {
            if exchange.scheme() == self.scheme {
                return next.run(request, exchange).await;
            }
            let usual = if self.scheme == "https" { "443" } else { "80" };
            let port = if self.port == usual { "" } else { self.port.as_str() };
            let target = other_scheme(&request, &exchange.authority, &self.scheme, port);
            redirect(request.method(), &target, self.permanent)
        })
    }
}

/// The same URL under another scheme and port.
pub(crate) fn other_scheme(request: &Request<Body>, authority: &str, scheme: &str, port: &str) -> String {
    let host = match authority.rfind(']') {
        Some(end) => authority.get(..=end).unwrap_or(authority),
        None => authority.split(':').next().unwrap_or(authority),
    };
    let target = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let colon = if port.is_empty() { "" } else { ":" };
    format!("{scheme}://{host}{colon}{port}{target}")
}
