//! Headers that are meant for one hop only.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Version, header};

use crate::body::Body;

/// Never handed on, whatever `Connection` says.
static HOP_BY_HOP: [HeaderName; 11] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("http2-settings"),
    // Answered by us; and the name that CGI would take for a proxy of its own.
    HeaderName::from_static("proxy"),
];

/// Whether this is a request for a WebSocket: the only protocol a tunnel is opened for.
pub(crate) fn is_websocket(request: &Request<Body>) -> bool {
    let headers = request.headers();
    let mut upgrades = headers.get_all(header::UPGRADE).iter();
    request.version() == Version::HTTP_11
        && request.method() == Method::GET
        && upgrades.next().is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
        && upgrades.next().is_none()
        && tokens(headers, &header::CONNECTION).any(|token| token.eq_ignore_ascii_case("upgrade"))
        && !headers.contains_key("http2-settings")
}

/// Removes what the client meant for us alone, and what it listed in `Connection`.
pub(crate) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let trailers = tokens(headers, &header::TE).any(|token| token.eq_ignore_ascii_case("trailers"));
    if let Some(value) = headers.get(header::CONNECTION)
        && value != "keep-alive"
        && value != "close"
    {
        let listed: Vec<HeaderName> = tokens(headers, &header::CONNECTION)
            .filter_map(|token| HeaderName::from_bytes(token.as_bytes()).ok())
            // What says where a message ends and whom it is for is no business of one hop.
            .filter(|name| {
                !matches!(
                    *name,
                    header::HOST | header::CONTENT_LENGTH | header::AUTHORIZATION | header::COOKIE
                )
            })
            .collect();
        for name in listed {
            headers.remove(name);
        }
    }
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
    headers.remove(header::EXPECT);
    if trailers {
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
    }
}

/// The same for an answer.
pub(crate) fn strip_response(headers: &mut HeaderMap) {
    if headers.contains_key(header::CONNECTION) {
        strip_hop_by_hop(headers);
        return;
    }
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
}

fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|token| !token.is_empty())
}
