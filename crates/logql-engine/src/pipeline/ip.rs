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
        let bad = || format!("ip: invalid pattern: {}", logql_syntax::quote(text));
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(IpRange { first: address, last: address });
        }
        if let Some((address, length)) = text.split_once('/') {
            let address: IpAddr = address.parse().map_err(|_| bad())?;
            let plain = length.bytes().all(|byte| byte.is_ascii_digit()) && !length.starts_with('0');
            let length: u32 =
                if plain || length == "0" { length.parse().map_err(|_| bad())? } else { return Err(bad()) };
            return prefix(address, length).ok_or_else(bad);
        }
        let (first, last) = text.split_once('-').ok_or_else(bad)?;
        let parse = |part: &str| part.trim().parse::<IpAddr>().map_err(|_| bad());
        let range = IpRange { first: parse(first)?, last: parse(last)? };
        let ordered = range.first.is_ipv4() == range.last.is_ipv4() && range.first <= range.last;
        if ordered { Ok(range) } else { Err(bad()) }
    }

    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.first.is_ipv4() && self.first <= address && address <= self.last
    }

    fn matches_text(&self, text: &[u8]) -> bool {
        std::str::from_utf8(text).is_ok_and(|text| text.parse().is_ok_and(|address| self.contains(address)))
    }

    /// Whether such an address stands anywhere in the text. Addresses are found as Loki finds them:
    /// by a digit with a dot near behind it, or hex digits before a colon; the longest run of
    /// characters an address may have is then read, and what follows it is skipped.
    pub(crate) fn found_in(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let allowed: fn(u8) -> bool = if v4_hint(rest) {
                |byte| byte.is_ascii_digit() || byte == b'.'
            } else if v6_hint(rest) {
                |byte| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.'
            } else {
                at += 1;
                continue;
            };
            let length = rest.iter().position(|byte| !allowed(*byte)).unwrap_or(rest.len());
            if self.matches_text(rest.get(..length).unwrap_or(&[])) {
                return true;
            }
            at += length + 1;
        }
        false
    }
}

/// `1.`, `12.` or `123.`
fn v4_hint(rest: &[u8]) -> bool {
    match rest {
        [first, tail @ ..] if first.is_ascii_digit() && tail.len() >= 3 => {
            tail.iter().take(3).any(|byte| *byte == b'.')
        }
        _ => false,
    }
}

/// `::1`, or up to four hex digits before a colon.
fn v6_hint(rest: &[u8]) -> bool {
    let Some([first, second, third, fourth, fifth]) = rest.first_chunk::<5>() else { return false };
    let hex = |byte: &u8| byte.is_ascii_hexdigit();
    let digits = [first, second, third, fourth].iter().take_while(|byte| hex(byte)).count();
    let after = [second, third, fourth, fifth].get(digits.wrapping_sub(1)).copied();
    (*first == b':' && *second == b':' && hex(third)) || (digits > 0 && after == Some(&b':'))
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
