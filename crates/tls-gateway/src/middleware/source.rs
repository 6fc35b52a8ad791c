//! What requests are counted per: the client's address, a header, or the host.

use std::net::{IpAddr, Ipv6Addr};

use http::{HeaderName, Request};

use crate::{address::AddressRange, body::Body, dynamic, exchange::Exchange, limits::SOURCE_BYTES_MAX};

/// Which address of `X-Forwarded-For` is the client's.
#[derive(Debug, Clone, Default)]
pub(super) struct AddressChoice {
    depth: usize,
    excluded: Vec<AddressRange>,
    ipv6_bits: u8,
}

impl AddressChoice {
    pub(super) fn build(settings: Option<&dynamic::IpStrategy>) -> Result<Self, String> {
        let Some(settings) = settings else { return Ok(Self::default()) };
        let excluded = settings.excluded_ips.iter().map(|range| range_of(range)).collect::<Result<_, _>>()?;
        Ok(AddressChoice { depth: settings.depth, excluded, ipv6_bits: settings.ipv6_subnet })
    }

    /// `None` when the header does not reach so far.
    pub(super) fn address(&self, request: &Request<Body>, exchange: &Exchange) -> Option<IpAddr> {
        let peer = exchange.client.to_canonical();
        if self.depth == 0 && self.excluded.is_empty() {
            return Some(self.masked(peer));
        }
        let hops: Vec<IpAddr> = request
            .headers()
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|hop| hop.trim().parse().ok())
            .collect();
        let found = if self.depth > 0 {
            hops.len().checked_sub(self.depth).and_then(|index| hops.get(index)).copied()
        } else {
            hops.iter().rev().find(|hop| !self.excluded.iter().any(|range| range.contains(**hop))).copied()
        };
        found.map(|address| self.masked(address))
    }

    fn masked(&self, address: IpAddr) -> IpAddr {
        match address {
            IpAddr::V6(v6) if self.ipv6_bits > 0 && self.ipv6_bits < 128 => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.ipv6_bits)).unwrap_or(u128::MAX);
                IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask))
            }
            other => other,
        }
    }
}

pub(super) fn range_of(text: &str) -> Result<AddressRange, String> {
    AddressRange::parse(text)
        .ok_or_else(|| format!("{text:?} is neither an address nor a range such as 192.168.1.0/24"))
}

/// What requests are counted per.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Address(AddressChoice),
    Header(HeaderName),
    Host,
}

impl Source {
    pub(super) fn build(
        settings: Option<&dynamic::SourceCriterion>,
        default: Source,
    ) -> Result<Self, String> {
        let Some(settings) = settings else { return Ok(default) };
        let header = settings.request_header_name.as_str();
        match (settings.ip_strategy.as_ref(), header.is_empty(), settings.request_host) {
            (Some(strategy), true, false) => Ok(Source::Address(AddressChoice::build(Some(strategy))?)),
            (None, false, false) => HeaderName::from_bytes(header.as_bytes())
                .map(Source::Header)
                .map_err(|_| format!("{header:?} is no header name")),
            (None, true, true) => Ok(Source::Host),
            (None, true, false) => Ok(default),
            _ => Err("sourceCriterion names more than one of ipStrategy, requestHeaderName, requestHost"
                .to_owned()),
        }
    }

    /// What this request is counted under; cut, because it may be a header's text.
    pub(super) fn of(&self, request: &Request<Body>, exchange: &Exchange) -> String {
        match self {
            Source::Address(choice) => {
                choice.address(request, exchange).unwrap_or(exchange.client).to_string()
            }
            Source::Header(name) => {
                let value = request.headers().get(name).map(http::HeaderValue::as_bytes).unwrap_or_default();
                String::from_utf8_lossy(value.get(..SOURCE_BYTES_MAX).unwrap_or(value)).into_owned()
            }
            Source::Host => exchange.host.to_string(),
        }
    }
}
