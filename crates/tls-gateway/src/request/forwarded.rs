//! `X-Forwarded-*` and its kin: believed from trusted proxies, removed from everybody else.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName};

use crate::{address::AddressRange, limits::FORWARDED_HOPS_MAX};

/// Which proxies in front of us are believed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trusted(Vec<AddressRange>);

impl Trusted {
    pub(crate) fn new(ranges: &[String]) -> Result<Self, String> {
        let parse = |range: &String| AddressRange::parse(range).ok_or_else(|| range.clone());
        ranges.iter().map(parse).collect::<Result<_, _>>().map(Trusted)
    }

    pub(crate) fn holds(&self, address: IpAddr) -> bool {
        self.0.iter().any(|range| range.contains(address))
    }
}

/// The family. A whole family, not a list of what is used: what a server behind trusts is not
/// known here.
const FAMILY: &[&str] = &[
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-method",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-proto",
    "x-forwarded-scheme",
    "x-forwarded-server",
    "x-forwarded-ssl",
    "x-forwarded-tls-client-cert",
    "x-forwarded-tls-client-cert-info",
    "x-forwarded-uri",
    "x-forwarded-user",
    "x-original-host",
    "x-original-uri",
    "x-original-url",
    "x-real-ip",
    "x-rewrite-url",
    "x-scheme",
];

/// Whether a server behind might read `name` as `wanted` (lower case): CGI and its heirs take
/// `_`, `-` and often `.` for the same.
pub(crate) fn is_alias_of(name: &str, wanted: &str) -> bool {
    name.len() == wanted.len()
        && name.bytes().zip(wanted.bytes()).all(|(a, b)| {
            let a = if matches!(a, b'_' | b'.') { b'-' } else { a };
            let b = if matches!(b, b'_' | b'.') { b'-' } else { b };
            a.eq_ignore_ascii_case(&b)
        })
}

fn is_family(name: &str) -> bool {
    // All begin with x or f, which most headers do not.
    matches!(name.as_bytes().first(), Some(b'x' | b'f'))
        && FAMILY.iter().any(|known| is_alias_of(name, known))
}

/// Removes the family; from a trusted proxy only the other spellings of it.
pub(crate) fn strip_foreign(headers: &mut HeaderMap, trusted: bool) {
    let strip =
        |name: &&HeaderName| is_family(name.as_str()) && !(trusted && FAMILY.contains(&name.as_str()));
    if !headers.keys().any(|name| strip(&name)) {
        return;
    }
    let names: Vec<HeaderName> = headers.keys().filter(strip).cloned().collect();
    for name in names {
        headers.remove(name);
    }
}

/// The client's address: the last one in `X-Forwarded-For` that is not a trusted proxy itself.
pub(crate) fn client_address(headers: &HeaderMap, peer: SocketAddr, trusted: &Trusted) -> IpAddr {
    let peer = peer.ip().to_canonical();
    if !trusted.holds(peer) {
        return peer;
    }
    let mut hops = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let mut all: Vec<IpAddr> = Vec::new();
    for value in hops.by_ref() {
        all.extend(
            value.split(',').take(FORWARDED_HOPS_MAX).filter_map(|hop| hop.trim().parse::<IpAddr>().ok()),
        );
    }
    all.iter().rev().find(|hop| !trusted.holds(**hop)).copied().unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_the_family_too() {
        for name in [
            "x-forwarded-for",
            "x_forwarded_for",
            "x.forwarded-proto",
            "x-real_ip",
            "forwarded",
            "x-original-url",
        ] {
            assert!(is_family(name), "{name}");
        }
        for name in ["x-forwarded-forx", "x-requested-with", "from", "x-scope-orgid"] {
            assert!(!is_family(name), "{name}");
        }
    }

    #[test]
    fn only_trusted_proxies_name_the_client() {
        let trusted = Trusted::new(&["10.0.0.0/8".to_owned()]).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "6.6.6.6, 1.2.3.4, 10.0.0.9".parse().unwrap());
        let check = |peer: &str, expected: &str| {
            assert_eq!(
                client_address(&headers, peer.parse().unwrap(), &trusted),
                expected.parse::<IpAddr>().unwrap()
            );
        };
        check("10.0.0.1:1", "1.2.3.4");
        check("9.9.9.9:1", "9.9.9.9");
    }
}
