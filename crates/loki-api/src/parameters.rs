//! Parameters of a request: from the URL, and from the form body of a POST.

use axum::{body::Body, extract::Request};
use http::{Method, StatusCode, header, request::Parts};
use http_body_util::{BodyExt as _, Limited};

use crate::{limits, reply::Refusal};

/// Name and value pairs in order.
#[derive(Debug, Default)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a request's parameters; gives back its head.
    pub(crate) async fn read(request: Request) -> Result<(Parts, Parameters), Refusal> {
        let (parts, body) = request.into_parts();
        let mut pairs = Vec::new();
        if let Some(query) = parts.uri.query() {
            decode(query, &mut pairs);
        }
        let form = parts
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
        if parts.method == Method::POST && form {
            let bytes = bounded(body, limits::FORM_BYTES_MAX).await?;
            let mut from_body = Vec::new();
            decode(&String::from_utf8_lossy(&bytes), &mut from_body);
            // As in Go, the body's values come first.
            from_body.append(&mut pairs);
            pairs = from_body;
        }
        Ok((parts, Parameters(pairs)))
    }

    /// The first value; empty when it is missing, as Loki sees it.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// A whole body of at most `bytes_max`.
pub(crate) async fn bounded(body: Body, bytes_max: usize) -> Result<bytes::Bytes, Refusal> {
    match Limited::new(body, bytes_max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the request body is larger than {bytes_max} bytes\n"),
        )),
        Err(error) => Err(Refusal::bad(format!("the request body could not be read: {error}\n"))),
    }
}

fn decode(text: &str, pairs: &mut Vec<(String, String)>) {
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        pairs.push((percent_decode(name, true), percent_decode(value, true)));
    }
}

/// Percent escapes, and `+` as a blank in forms. Malformed escapes stay as they are.
pub(crate) fn percent_decode(text: &str, form: bool) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes().iter().copied();
    while let Some(next) = rest.next() {
        match next {
            b'+' if form => out.push(b' '),
            b'%' => {
                let tail: Vec<u8> = rest.clone().take(2).collect();
                let code = std::str::from_utf8(&tail).ok().filter(|hex| hex.len() == 2);
                match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                    Some(code) => {
                        out.push(code);
                        rest.nth(1);
                    }
                    None => out.push(b'%'),
                }
            }
            next => out.push(next),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
