//! A URL taken apart once: where to connect, what to ask for, and who one is.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderValue, Uri, uri::Authority};

use crate::error::ConfigError;

/// A checked `http` or `https` URL. User and password in it become a Basic `Authorization`.
#[derive(Clone)]
pub struct Target {
    pub(crate) uri: Uri,
    pub(crate) authorization: Option<HeaderValue>,
    server: String,
}

impl Target {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`ConfigError::Url`].
    pub fn parse(url: &str) -> Result<Target, ConfigError> {
        let wrong = |reason: String| ConfigError::Url { address: without_secrets(url), reason };
        if !url.contains("://") {
            return Err(wrong("the scheme is missing, write http:// or https:// in front".to_owned()));
        }
        let uri: Uri = url.parse().map_err(|error: http::uri::InvalidUri| wrong(error.to_string()))?;
        let mut parts = uri.into_parts();
        let scheme = match parts.scheme.as_ref().map(|scheme| scheme.as_str()) {
            Some(scheme @ ("http" | "https")) => scheme.to_owned(),
            Some(other) => return Err(wrong(format!("the scheme is {other}"))),
            None => return Err(wrong("the scheme is missing".to_owned())),
        };
        let authority = parts.authority.take().ok_or_else(|| wrong("the host is missing".to_owned()))?;
        let (user, host) = match authority.as_str().rsplit_once('@') {
            Some((user, host)) => (Some(user.to_owned()), host.to_owned()),
            None => (None, authority.as_str().to_owned()),
        };
        let host: Authority =
            host.parse().map_err(|error: http::uri::InvalidUri| wrong(error.to_string()))?;
        if host.host().is_empty() {
            return Err(wrong("the host is missing".to_owned()));
        }
        let server = format!("{scheme}://{host}");
        parts.authority = Some(host);
        if parts.path_and_query.is_none() {
            parts.path_and_query = Some(http::uri::PathAndQuery::from_static("/"));
        }
        let uri = Uri::from_parts(parts).map_err(|error| wrong(error.to_string()))?;
        let authorization = user.map(|user| basic(&user)).transpose().map_err(wrong)?;
        Ok(Target { uri, authorization, server })
    }

    /// Scheme, host and port: what may be shown and logged.
    pub fn server(&self) -> &str {
        &self.server
    }
}

impl std::fmt::Debug for Target {
    /// Without secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Target").field(&self.server).finish()
    }
}

fn basic(user: &str) -> Result<HeaderValue, String> {
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let pair = [percent_decode(name), b":".to_vec(), percent_decode(password)].concat();
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair)))
        .map_err(|error| error.to_string())?;
    value.set_sensitive(true);
    Ok(value)
}

fn percent_decode(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.extend_from_slice(before.as_bytes());
        match after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push(b'%');
                rest = after;
            }
        }
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

/// Up to the host, and without a user: enough to recognise the line in a configuration.
fn without_secrets(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    if scheme.is_empty() { host.to_owned() } else { format!("{scheme}://{host}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_leave_the_url() {
        let target = Target::parse("https://me:p%40ss@hooks.example:8443/T0/secret?token=x").unwrap();
        assert_eq!(target.server(), "https://hooks.example:8443");
        assert_eq!(target.uri, "https://hooks.example:8443/T0/secret?token=x");
        assert_eq!(target.authorization.as_ref().unwrap(), "Basic bWU6cEBzcw==");
        assert_eq!(format!("{target:?}"), "Target(\"https://hooks.example:8443\")");
        assert_eq!(Target::parse("http://a").unwrap().uri, "http://a/");
    }

    #[test]
    fn bad_urls_are_named_without_secrets() {
        let check = |url: &str, expected: &str| {
            let error = Target::parse(url).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains("secret"), "{error}");
        };
        check("nats://u:secret@a/secret", "the scheme is nats");
        check("a/secret", "scheme is missing");
        check("http://u:secret@h ost/secret", "http://h ost");
        check("http:///secret", "");
    }
}
