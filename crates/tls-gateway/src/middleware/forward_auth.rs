//! `forwardAuth`: asks another server whether a request may pass.
//!
//! Fails closed: no answer, a strange answer or an answer too large is no permission.

use std::{net::IpAddr, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Limited};
use regex::Regex;

use super::{Answer, Layer, Next, basic_auth::user_header, build::Workshop, redirect_regex::pattern};
use crate::{
    body::Body,
    dynamic,
    exchange::Exchange,
    limits::{AUTH_ANSWER_BYTES_MAX, AUTH_TIMEOUT},
    request::{is_alias_of, strip_hop_by_hop, strip_response},
    upstream::{Upstream, set_forwarded},
};

pub(super) struct ForwardAuth {
    client: Arc<Upstream>,
    address: Uri,
    host: HeaderValue,
    response_headers: Vec<HeaderName>,
    response_pattern: Option<Regex>,
    request_headers: Vec<HeaderName>,
    cookies: Vec<String>,
    user_header: Option<HeaderName>,
    trust_forwarded: bool,
    keep_method: bool,
    bytes_max: usize,
}

impl ForwardAuth {
    pub(super) fn build(
        settings: &dynamic::ForwardAuth,
        shop: &mut Workshop<'_>,
    ) -> Result<(Self, Vec<String>), String> {
        let address: Uri =
            settings.address.parse().map_err(|error| format!("{:?}: {error}", settings.address))?;
        let (Some("http" | "https"), Some(authority)) = (address.scheme_str(), address.authority()) else {
            return Err(format!("the address {:?} is no http:// or https:// URL", settings.address));
        };
        if !shop.is_trusted() && is_own_host(authority.host()) {
            return Err(format!(
                "the address {:?} in a label is refused: it is this host itself; put the middleware into a file",
                settings.address
            ));
        }
        if settings.forward_body {
            return Err("forwardBody is not supported: the server would get every upload".to_owned());
        }
        let transport = settings.tls.as_ref().filter(|_| shop.is_trusted());
        let names = |list: &[String]| -> Result<Vec<HeaderName>, String> {
            let name = |name: &String| {
                HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} is no header name"))
            };
            list.iter().map(name).collect()
        };
        let regex = &settings.auth_response_headers_regex;
        let bytes_max = settings.max_response_body_size.and_then(|bytes| usize::try_from(bytes).ok());
        let layer = ForwardAuth {
            client: shop.resources.clients.get(false, transport)?,
            host: HeaderValue::from_str(authority.as_str()).map_err(|error| error.to_string())?,
            response_headers: names(&settings.auth_response_headers)?,
            response_pattern: if regex.is_empty() { None } else { Some(pattern(&format!("(?i){regex}"))?) },
            request_headers: names(&settings.auth_request_headers)?,
            cookies: settings.add_auth_cookies_to_response.to_vec(),
            user_header: user_header(&settings.header_field)?,
            trust_forwarded: settings.trust_forward_header,
            keep_method: settings.preserve_request_method,
            bytes_max: bytes_max.unwrap_or(AUTH_ANSWER_BYTES_MAX).min(AUTH_ANSWER_BYTES_MAX),
            address,
        };
        Ok((layer, Vec::new()))
    }

    fn question(&self, request: &Request<Body>, exchange: &Exchange, next: &Next<'_>) -> Request<Body> {
        let mut question = Request::new(Body::Empty);
        let headers = question.headers_mut();
        for (name, value) in request.headers() {
            if self.request_headers.is_empty() || self.request_headers.contains(name) {
                headers.append(name, value.clone());
            }
        }
        strip_hop_by_hop(headers);
        for name in [header::CONTENT_LENGTH, header::CONTENT_ENCODING] {
            headers.remove(name);
        }
        set_forwarded(headers, exchange, next.shared, false);
        let target = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let facts = [("x-forwarded-method", request.method().as_str()), ("x-forwarded-uri", target)];
        for (name, value) in facts {
            if let Ok(value) = HeaderValue::from_str(value)
                && !(self.trust_forwarded && headers.contains_key(name))
            {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        headers.insert(header::HOST, self.host.clone());
        *question.method_mut() = if self.keep_method { request.method().clone() } else { Method::GET };
        *question.uri_mut() = self.address.clone();
        question
    }

    /// Copies what the server says of the user; what the client wrote there is gone.
    fn adopt(&self, request: &mut HeaderMap, answer: &HeaderMap) {
        let mut take = |name: &HeaderName| {
            let spellings: Vec<HeaderName> =
                request.keys().filter(|known| is_alias_of(known.as_str(), name.as_str())).cloned().collect();
            for spelling in spellings {
                request.remove(spelling);
            }
            for value in answer.get_all(name) {
                request.append(name, value.clone());
            }
        };
        self.response_headers.iter().for_each(&mut take);
        if let Some(pattern) = &self.response_pattern {
            let named: Vec<HeaderName> =
                answer.keys().filter(|name| pattern.is_match(name.as_str())).cloned().collect();
            named.iter().for_each(&mut take);
            let forged: Vec<HeaderName> = request
                .keys()
                .filter(|name| pattern.is_match(name.as_str()) && !answer.contains_key(*name))
                .cloned()
                .collect();
            for name in forged {
                request.remove(name);
            }
        }
    }

    async fn ask(&self, question: Request<Body>) -> Option<Response<bytes::Bytes>> {
        let asked = async {
            let answer = self.client.request(question).await.ok()?;
            let (parts, body) = answer.into_parts();
            let body = Limited::new(body, self.bytes_max).collect().await.ok()?.to_bytes();
            Some(Response::from_parts(parts, body))
        };
        tokio::time::timeout(AUTH_TIMEOUT, asked).await.ok()?
    }
}

impl Layer for ForwardAuth {
    fn handle<'a>(
        &'a self,
        mut request: Request<Body>,
        exchange: &'a mut Exchange,
        next: Next<'a>,
    ) -> Answer<'a> {
        Box::pin(async move {
            let question = self.question(&request, exchange, &next);
            let Some(answer) = self.ask(question).await else {
                return exchange.refuse(StatusCode::INTERNAL_SERVER_ERROR, "auth_server");
            };
            let (mut parts, body) = answer.into_parts();
            if !parts.status.is_success() {
                exchange.refused = Some("auth_server_refused");
                strip_response(&mut parts.headers);
                parts.headers.remove(header::CONTENT_LENGTH);
                return Response::from_parts(parts, Body::Full(body));
            }
            self.adopt(request.headers_mut(), &parts.headers);
            if let Some(user) = self.user_header.as_ref().and_then(|name| parts.headers.get(name)) {
                exchange.user = user.to_str().ok().map(str::to_owned);
            }
            let mut response = next.run(request, exchange).await;
            for cookie in parts.headers.get_all(header::SET_COOKIE) {
                let name =
                    cookie.to_str().ok().and_then(|cookie| cookie.split('=').next()).unwrap_or_default();
                if self.cookies.iter().any(|wanted| wanted == name.trim()) {
                    response.headers_mut().append(header::SET_COOKIE, cookie.clone());
                }
            }
            response
        })
    }

    fn is_guard(&self) -> bool {
        true
    }
}

/// Names and addresses by which a label could make the hub talk to itself.
fn is_own_host(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => {
            address.is_loopback() || address.is_unspecified() || address.is_link_local()
        }
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || address.is_unspecified() || address.is_unicast_link_local()
        }
        Err(_) => host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost"),
    }
}
