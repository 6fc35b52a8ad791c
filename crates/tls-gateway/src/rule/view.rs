//! What of a request a rule looks at.

use std::{borrow::Cow, net::IpAddr};

use http::{HeaderMap, Method};

/// A request as rules see it.
#[derive(Debug, Clone, Copy)]
pub struct RequestView<'a> {
    /// Lower case, without port and without the last dot.
    pub host: &'a str,
    /// Normalised and decoded by [`decode_for_matching`].
    pub path: &'a str,
    /// Without `?`, as sent.
    pub query: &'a str,
    /// The method.
    pub method: &'a Method,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The address the connection came from.
    pub peer: IpAddr,
}

/// Decodes a path for matching, as Traefik: everything but what has a meaning of its own in a
/// path, so that `%2F` never becomes a separator.
pub fn decode_for_matching(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut out = Vec::with_capacity(path.len());
    let bytes = path.as_bytes();
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        let decoded = (byte == b'%').then(|| path.get(index + 1..index + 3)).flatten();
        match decoded.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(decoded) if !b":/?#[]@!$&'()*+,;=%".contains(&decoded) => {
                out.push(decoded);
                index += 3;
            }
            _ => {
                out.push(byte);
                index += 1;
            }
        }
    }
    match String::from_utf8(out) {
        Ok(text) => Cow::Owned(text),
        // Not text once decoded: matched as it was sent.
        Err(_) => Cow::Borrowed(path),
    }
}

/// The values of a query parameter, decoded as forms are.
pub(super) fn query_values<'a>(query: &'a str, key: &'a str) -> impl Iterator<Item = String> + 'a {
    query.split('&').filter_map(move |pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // A semicolon is no separator; Go drops such a pair.
        (!pair.contains(';') && !pair.is_empty() && form_decode(name) == key)
            .then(|| form_decode(value).into_owned())
    })
}

fn form_decode(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut index = 0;
    while let Some(&byte) = text.as_bytes().get(index) {
        let digits = if byte == b'%' { text.get(index + 1..index + 3) } else { None };
        if let Some(decoded) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            out.push(decoded);
            index += 3;
        } else {
            out.push(if byte == b'+' { b' ' } else { byte });
            index += 1;
        }
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}
