//! `headers`: sets, removes and checks headers; CORS.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use regex::Regex;

use super::{Answer, Layer, Next, build::Workshop, redirect_regex::pattern};
use crate::{
    body::Body,
    dynamic,
    exchange::{Exchange, with_text},
    request::is_alias_of,
};

pub(super) struct Headers {
    request: Vec<(HeaderName, Option<HeaderValue>)>,
    response: Vec<(HeaderName, Option<HeaderValue>)>,
    sts: Option<HeaderValue>,
    sts_always: bool,
    allowed_hosts: Vec<String>,
    host_headers: Vec<HeaderName>,
    cors: Option<Cors>,
}

struct Cors {
    origins: Vec<String>,
    patterns: Vec<Regex>,
    credentials: bool,
    methods: String,
    headers: String,
    expose: String,
    max_age: i64,
    vary: bool,
}

impl Headers {
    pub(super) fn build(
        settings: &dynamic::Headers,
        _: &mut Workshop<'_>,
    ) -> Result<(Self, Vec<String>), String> {
        let mut response = security(settings)?;
        response.extend(custom(&settings.custom_response_headers)?);
        let mut warnings = Vec::new();
        if settings.ssl_redirect || settings.ssl_temporary_redirect || settings.ssl_force_host {
            warnings.push("sslRedirect ended with v3 and does nothing: use redirectScheme".to_owned());
        }
        let sts = (settings.sts_seconds > 0 && !settings.is_development).then(|| {
            let below = if settings.sts_include_subdomains { "; includeSubDomains" } else { "" };
            let preload = if settings.sts_preload { "; preload" } else { "" };
            HeaderValue::try_from(format!("max-age={}{below}{preload}", settings.sts_seconds))
        });
        let hosts = if settings.is_development { &[][..] } else { &settings.allowed_hosts[..] };
        let names = settings.hosts_proxy_headers.iter().map(|name| header_name(name));
        let layer = Headers {
            request: custom(&settings.custom_request_headers)?,
            response,
            sts: sts.transpose().map_err(|error| error.to_string())?,
            sts_always: settings.force_sts_header,
            allowed_hosts: hosts.iter().map(|host| host.to_ascii_lowercase()).collect(),
            host_headers: names.collect::<Result<_, _>>()?,
            cors: cors(settings)?,
        };
        Ok((layer, warnings))
    }

    fn is_allowed(&self, request: &Request<Body>, exchange: &Exchange) -> bool {
        if self.allowed_hosts.is_empty() {
            return true;
        }
        let by_header = self.host_headers.iter().find_map(|name| request.headers().get(name)?.to_str().ok());
        let host = by_header.map_or_else(|| exchange.host.to_string(), str::to_ascii_lowercase);
        self.allowed_hosts.contains(&host)
    }

    fn apply(&self, headers: &mut HeaderMap, secure: bool) {
        for (name, value) in &self.response {
            match value {
                Some(value) => headers.insert(name, value.clone()),
                None => headers.remove(name),
            };
        }
        if let Some(sts) = self.sts.as_ref().filter(|_| secure || self.sts_always) {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, sts.clone());
        }
    }
}

impl Layer for Headers {
    fn handle<'a>(
        &'a self,
        mut request: Request<Body>,
        exchange: &'a mut Exchange,
        next: Next<'a>,
    ) -> Answer<'a> {
        Box::pin(async move {
            if !self.is_allowed(&request, exchange) {
                exchange.refused = Some("host_not_allowed");
                return with_text(StatusCode::INTERNAL_SERVER_ERROR, "Bad Host");
            }
            for (name, value) in &self.request {
                // Every spelling of it that a server might read.
                let spellings: Vec<HeaderName> = request
                    .headers()
                    .keys()
                    .filter(|known| is_alias_of(known.as_str(), name.as_str()))
                    .cloned()
                    .collect();
                for spelling in spellings {
                    request.headers_mut().remove(spelling);
                }
                if let Some(value) = value {
                    request.headers_mut().insert(name, value.clone());
                    if *name == header::HOST
                        && let Ok(host) = value.to_str()
                    {
                        exchange.authority = host.to_owned();
                    }
                }
            }
            let origin = request.headers().get(header::ORIGIN).cloned();
            let secure = exchange.is_secure();
            if let Some(cors) = &self.cors
                && request.method() == Method::OPTIONS
                && origin.is_some()
                && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
            {
                let mut response = Response::new(Body::Empty);
                cors.preflight(response.headers_mut(), origin.as_ref());
                self.apply(response.headers_mut(), secure);
                return response;
            }
            let mut response = next.run(request, exchange).await;
            if let Some(cors) = &self.cors {
                cors.answer(response.headers_mut(), origin.as_ref());
            }
            self.apply(response.headers_mut(), secure);
            response
        })
    }
}

impl Cors {
    fn origin(&self, headers: &mut HeaderMap, origin: Option<&HeaderValue>) {
        let text = origin.and_then(|origin| origin.to_str().ok()).unwrap_or_default();
        let any = self.origins.iter().any(|origin| origin == "*");
        let known = self.origins.iter().any(|origin| origin == text)
            || (!text.is_empty() && self.patterns.iter().any(|pattern| pattern.is_match(text)));
        if any {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        } else if let Some(origin) = origin.filter(|_| known) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        }
        if self.vary && !any {
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
        }
        if self.credentials {
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
    }

    fn preflight(&self, headers: &mut HeaderMap, origin: Option<&HeaderValue>) {
        self.origin(headers, origin);
        put(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, &self.headers);
        put(headers, header::ACCESS_CONTROL_ALLOW_METHODS, &self.methods);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(self.max_age));
    }

    fn answer(&self, headers: &mut HeaderMap, origin: Option<&HeaderValue>) {
        self.origin(headers, origin);
        put(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, &self.expose);
    }
}

fn put(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if !text.is_empty()
        && let Ok(value) = HeaderValue::from_str(text)
    {
        headers.insert(name, value);
    }
}

fn cors(settings: &dynamic::Headers) -> Result<Option<Cors>, String> {
    let patterns = &settings.access_control_allow_origin_list_regex;
    let unused = settings.access_control_allow_headers.is_empty()
        && settings.access_control_allow_methods.is_empty()
        && settings.access_control_allow_origin_list.is_empty()
        && settings.access_control_expose_headers.is_empty()
        && patterns.is_empty()
        && !settings.access_control_allow_credentials;
    if unused {
        return Ok(None);
    }
    Ok(Some(Cors {
        origins: settings.access_control_allow_origin_list.to_vec(),
        patterns: patterns.iter().map(|text| pattern(text)).collect::<Result<_, _>>()?,
        credentials: settings.access_control_allow_credentials,
        methods: settings.access_control_allow_methods.join(","),
        headers: settings.access_control_allow_headers.join(","),
        expose: settings.access_control_expose_headers.join(","),
        max_age: settings.access_control_max_age,
        vary: settings.add_vary_header,
    }))
}

fn security(settings: &dynamic::Headers) -> Result<Vec<(HeaderName, Option<HeaderValue>)>, String> {
    let frame = if settings.frame_deny { "DENY" } else { "" };
    let xss = if settings.browser_xss_filter { "1; mode=block" } else { "" };
    let or = |custom: &str, usual: &str| if custom.is_empty() { usual.to_owned() } else { custom.to_owned() };
    let nosniff = if settings.content_type_nosniff { "nosniff" } else { "" };
    let all = [
        ("x-frame-options", or(&settings.custom_frame_options_value, frame)),
        ("x-content-type-options", nosniff.to_owned()),
        ("x-xss-protection", or(&settings.custom_browser_xss_value, xss)),
        ("content-security-policy", settings.content_security_policy.clone()),
        ("content-security-policy-report-only", settings.content_security_policy_report_only.clone()),
        ("public-key-pins", settings.public_key.clone()),
        ("referrer-policy", settings.referrer_policy.clone()),
        ("permissions-policy", settings.permissions_policy.clone()),
        ("feature-policy", settings.feature_policy.clone()),
    ];
    let set = all.iter().filter(|(_, value)| !value.is_empty());
    set.map(|(name, value)| Ok((header_name(name)?, Some(header_value(value)?)))).collect()
}

fn custom(settings: &BTreeMap<String, String>) -> Result<Vec<(HeaderName, Option<HeaderValue>)>, String> {
    let one = |(name, value): (&String, &String)| {
        let value = if value.is_empty() { None } else { Some(header_value(value)?) };
        Ok((header_name(name)?, value))
    };
    settings.iter().map(one).collect()
}

fn header_name(name: &str) -> Result<HeaderName, String> {
    HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| format!("{name:?} is no header name"))
}

fn header_value(value: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(value.trim()).map_err(|_| format!("{value:?} cannot stand in a header"))
}
