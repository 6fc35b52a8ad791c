//! The checks that every request passes first, whatever it is for.

use std::sync::Arc;

use http::{Method, Request, StatusCode, Uri, Version, header};

use super::{PathForm, normal_path, set_path};

/// Why a request goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// For the log and the counter.
    pub(crate) reason: &'static str,
}

/// What a checked request is for.
#[derive(Debug)]
pub(crate) struct Checked {
    /// As the client wrote it.
    pub(crate) authority: String,
    /// Lower case, without port and last dot.
    pub(crate) host: Arc<str>,
}

const fn bad(reason: &'static str) -> Refusal {
    Refusal { status: StatusCode::BAD_REQUEST, reason }
}

/// Checks method, framing, host and path, and puts the path into its normal form.
pub(crate) fn check<B>(request: &mut Request<B>) -> Result<Checked, Refusal> {
    if request.method() == Method::CONNECT {
        return Err(Refusal { status: StatusCode::NOT_IMPLEMENTED, reason: "connect" });
    }
    if request.method() == Method::TRACE {
        return Err(Refusal { status: StatusCode::METHOD_NOT_ALLOWED, reason: "trace" });
    }
    let headers = request.headers();
    if headers.contains_key(header::CONTENT_LENGTH) && headers.contains_key(header::TRANSFER_ENCODING) {
        return Err(bad("length_and_transfer_encoding"));
    }
    let mut encodings = headers.get_all(header::TRANSFER_ENCODING).iter();
    if let Some(encoding) = encodings.next()
        && (!encoding.as_bytes().eq_ignore_ascii_case(b"chunked") || encodings.next().is_some())
    {
        return Err(bad("transfer_encoding"));
    }
    let authority = authority(request)?;
    let host = host_of(&authority).ok_or(bad("host"))?;
    let path = request.uri().path();
    if path == "*" {
        // `OPTIONS *` asks about the server, which is us, and we have nothing to say.
        return Err(bad("asterisk"));
    }
    let PathForm::Normal(normal) = normal_path(path) else { return Err(bad("path")) };
    if *normal != *path || request.uri().scheme().is_some() {
        let normal = normal.into_owned();
        let uri = set_path(request.uri(), &normal).ok_or(bad("path"))?;
        *request.uri_mut() = origin_form(uri).ok_or(bad("path"))?;
    }
    Ok(Checked { authority, host })
}

/// The one name this request is for: the target's, where it has one, else the only `Host`.
fn authority<B>(request: &Request<B>) -> Result<String, Refusal> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let first = hosts.next();
    if hosts.next().is_some() {
        return Err(bad("two_hosts"));
    }
    let text = match first {
        Some(value) => Some(value.to_str().map_err(|_| bad("host"))?),
        None => None,
    };
    if let Some(scheme) = request.uri().scheme()
        && !matches!(scheme.as_str(), "http" | "https")
    {
        return Err(bad("scheme"));
    }
    if request.version() >= Version::HTTP_2 {
        let named = request.uri().authority().map(http::uri::Authority::as_str);
        return match (named, text) {
            (Some(named), Some(host)) if !named.eq_ignore_ascii_case(host) => Err(bad("two_hosts")),
            (Some(name), _) | (None, Some(name)) => Ok(name.to_owned()),
            (None, None) => Err(bad("no_host")),
        };
    }
    match (text, request.uri().authority()) {
        (None, _) if request.version() == Version::HTTP_11 => Err(bad("no_host")),
        // RFC 9112, 3.2.2: an absolute target wins.
        (_, Some(named)) => Ok(named.as_str().to_owned()),
        (Some(host), None) => Ok(host.to_owned()),
        (None, None) => Ok(String::new()),
    }
}

/// The name without port; `None` when it is no name.
fn host_of(authority: &str) -> Option<Arc<str>> {
    if authority.is_empty() {
        return Some(Arc::from(""));
    }
    let (name, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            let address: std::net::Ipv6Addr = address.parse().ok()?;
            return valid_port(port).then(|| Arc::from(address.to_string()));
        }
        None => authority
            .split_once(':')
            .map_or((authority, ""), |(name, _)| (name, authority.get(name.len()..).unwrap_or_default())),
    };
    let usable = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if name.is_empty() || name.len() > 255 || !name.bytes().all(usable) || !valid_port(port) {
        return None;
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.is_empty() || name.ends_with('.') || name.starts_with('.') || name.contains("..") {
        return None;
    }
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Some(Arc::from(name.to_ascii_lowercase()));
    }
    Some(Arc::from(name))
}

/// Nothing, or a colon and a number.
fn valid_port(port: &str) -> bool {
    match port.strip_prefix(':') {
        None => port.is_empty(),
        Some(digits) => {
            digits.bytes().all(|byte| byte.is_ascii_digit())
                && (digits.is_empty() || digits.parse::<u16>().is_ok())
        }
    }
}

/// The target without scheme and authority.
fn origin_form(uri: Uri) -> Option<Uri> {
    let parts = uri.into_parts();
    let mut origin = http::uri::Parts::default();
    origin.path_and_query = parts.path_and_query;
    Uri::from_parts(origin).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_or_addresses() {
        let check = |authority: &str, expected: Option<&str>| {
            assert_eq!(host_of(authority).as_deref(), expected, "{authority}");
        };
        check("A.org", Some("a.org"));
        check("a.org.:443", Some("a.org"));
        check("[::1]:8443", Some("::1"));
        check("[::1]", Some("::1"));
        check("127.0.0.1:80", Some("127.0.0.1"));
        check("a_b.org", Some("a_b.org"));
        for bad in [
            "a.org:80:80",
            "u@a.org",
            "a b",
            "[::1",
            "[x]",
            "a/b",
            ":80",
            "a.org:x",
            "a.org:99999",
            "..",
            "a..b",
            "a,b",
        ] {
            check(bad, None);
        }
    }
}
