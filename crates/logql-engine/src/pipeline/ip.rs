//! `ip("…")`: an address, a range `a-b`, or a prefix `a/n`.

use std::net::IpAddr;

/// The addresses that match, both ends included, within one family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IpRange {
    first: IpAddr,
    last: IpAddr,
}

impl IpRange {
    /// Loki's text for anything else.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let bad = || format!("netip.ParseAddr({}): unable to parse IP", logql_syntax::quote(text));
        if let Some((first, last)) = text.split_once('-') {
            let parse = |part: &str| part.trim().parse::<IpAddr>().map_err(|_| bad());
            return Ok(IpRange { first: parse(first)?, last: parse(last)? });
        }
        if let Some((address, length)) = text.split_once('/') {
            let address: IpAddr = address.trim().parse().map_err(|_| bad())?;
            let length: u32 = length.trim().parse().map_err(|_| bad())?;
            return prefix(address, length).ok_or_else(bad);
        }
        let address: IpAddr = text.trim().parse().map_err(|_| bad())?;
        Ok(IpRange { first: address, last: address })
    }

    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.first.is_ipv4() && self.first <= address && address <= self.last
    }

    /// Whether the text itself is such an address.
    pub(crate) fn matches_text(&self, text: &str) -> bool {
        text.parse().is_ok_and(|address| self.contains(address))
    }

    /// Whether such an address stands anywhere in the line.
    pub(crate) fn found_in(&self, line: &str) -> bool {
        line.split(|next: char| !(next.is_ascii_hexdigit() || next == '.' || next == ':')).any(|part| {
            // `10.0.0.1:80` and `addr:10.0.0.1` hold an address between colons.
            part.len() >= 3
                && (self.matches_text(part) || part.split(':').any(|piece| self.matches_text(piece)))
        })
    }
}

fn prefix(address: IpAddr, length: u32) -> Option<IpRange> {
    match address {
        IpAddr::V4(address) => {
            let mask = if length > 32 { return None } else { u32::MAX.checked_shl(32 - length).unwrap_or(0) };
            let base = u32::from(address) & mask;
            Some(IpRange { first: IpAddr::V4(base.into()), last: IpAddr::V4((base | !mask).into()) })
        }
        IpAddr::V6(address) => {
            let mask =
                if length > 128 { return None } else { u128::MAX.checked_shl(128 - length).unwrap_or(0) };
            let base = u128::from(address) & mask;
            Some(IpRange { first: IpAddr::V6(base.into()), last: IpAddr::V6((base | !mask).into()) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_prefixes() {
        for (range, line, expected) in [
            ("10.0.0.0/8", "from 10.2.3.4:80 ok", true),
            ("10.0.0.2-10.0.0.4", "10.0.0.5", false),
            ("10.0.0.2-10.0.0.4", "[10.0.0.3]", true),
            ("::1", "peer ::1 up", true),
            ("0.0.0.0/0", "no address 1.2.3", false),
        ] {
            assert_eq!(IpRange::parse(range).unwrap().found_in(line), expected, "{range} {line}");
        }
        assert!(IpRange::parse("bad").is_err());
    }
}
