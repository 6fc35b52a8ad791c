//! `errors`: answers with a page of another service in place of an error.

use http::{Method, Request, Response, StatusCode, header};

use super::{Answer, Layer, Next, build::Workshop};
use crate::{
    body::Body,
    dynamic,
    exchange::Exchange,
    request::{PathForm, normal_path},
    upstream::ServiceHandle,
};

pub(super) struct Errors {
    ranges: Vec<(u16, u16)>,
    rewrites: Vec<((u16, u16), StatusCode)>,
    service: ServiceHandle,
    query: String,
}

impl Errors {
    pub(super) fn build(
        settings: &dynamic::Errors,
        shop: &mut Workshop<'_>,
    ) -> Result<(Self, Vec<String>), String> {
        if settings.service.is_empty() {
            return Err("errors names no service".to_owned());
        }
        let rewrite = |(range, status): (&String, &u16)| {
            let status = StatusCode::from_u16(*status).map_err(|_| format!("{status} is no status"))?;
            Ok((range_of(range)?, status))
        };
        let layer = Errors {
            ranges: settings.status.iter().map(|range| range_of(range)).collect::<Result<_, _>>()?,
            rewrites: settings.status_rewrites.iter().map(rewrite).collect::<Result<_, String>>()?,
            service: (shop.service)(&settings.service)?,
            query: settings.query.clone(),
        };
        Ok((layer, Vec::new()))
    }
}

impl Layer for Errors {
    fn handle<'a>(
        &'a self,
        request: Request<Body>,
        exchange: &'a mut Exchange,
        next: Next<'a>,
    ) -> Answer<'a> {
        Box::pin(async move {
            let shared = next.shared;
            let url = exchange.url(&request);
            let host = request.headers().get(header::HOST).cloned();
            let head = request.method() == Method::HEAD;
            let response = next.run(request, exchange).await;
            let code = response.status().as_u16();
            let within = |range: &(u16, u16)| (range.0..=range.1).contains(&code);
            if !self.ranges.iter().any(within) {
                return response;
            }
            let status = self
                .rewrites
                .iter()
                .find(|(range, _)| within(range))
                .map_or(response.status(), |(_, to)| *to);
            // A request of its own: who the client is and what it sent is no business of the page.
            let target = self
                .query
                .replace("{status}", &status.as_u16().to_string())
                .replace("{originalStatus}", &code.to_string())
                .replace("{url}", &encoded(&url));
            let target = if target.starts_with('/') { target } else { format!("/{target}") };
            let path = target.split('?').next().unwrap_or_default();
            let (PathForm::Normal(_), Ok(uri)) = (normal_path(path), target.parse()) else { return response };
            let mut page = Request::new(Body::Empty);
            *page.method_mut() = if head { Method::HEAD } else { Method::GET };
            *page.uri_mut() = uri;
            if let Some(host) = host {
                page.headers_mut().insert(header::HOST, host);
            }
            let page = self.service.call(page, exchange, shared).await;
            let (mut parts, body) = page.into_parts();
            parts.status = status;
            Response::from_parts(parts, body)
        })
    }
}

fn range_of(text: &str) -> Result<(u16, u16), String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.trim().parse(), last.trim().parse()) {
        (Ok(first), Ok(last)) if first <= last => Ok((first, last)),
        _ => Err(format!("{text:?} is no range of statuses: write 500-599")),
    }
}

/// For the value of a query parameter.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
