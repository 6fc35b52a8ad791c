//! Addresses and tuples as events carry them, and the texts that libsinsp makes of them.

use std::{
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use super::{
    args::until_nul,
    descriptor::{Fd, FdKind, Protocol},
    paths::sanitized,
};

/// libscap's number of the unix family.
pub(crate) const UNIX: u8 = 1;
/// See [`UNIX`].
pub(crate) const INET: u8 = 2;
/// See [`UNIX`].
pub(crate) const INET6: u8 = 10;

/// An address and a port.
pub(crate) type End<A> = (A, u16);

/// Both ends that an event tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    V4(End<Ipv4Addr>, End<Ipv4Addr>),
    V6(End<Ipv6Addr>, End<Ipv6Addr>),
}

impl Ends {
    /// Reads a tuple of IPv4 or IPv6. Two mapped addresses are a connection of IPv4.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Ends> {
        let (family, rest) = bytes.split_first()?;
        match *family {
            INET => {
                let (source, rest) = take_v4(rest)?;
                let (destination, _) = take_v4(rest)?;
                Some(Ends::V4(source, destination))
            }
            INET6 => {
                let (source, rest) = take_v6(rest)?;
                let (destination, _) = take_v6(rest)?;
                match (mapped(source.0), mapped(destination.0)) {
                    (Some(from), Some(to)) => Some(Ends::V4((from, source.1), (to, destination.1))),
                    _ => Some(Ends::V6(source, destination)),
                }
            }
            _ => None,
        }
    }
}

/// One address that an event tells (bind, connect).
pub(crate) fn parse_address(bytes: &[u8]) -> Option<End<IpAddr>> {
    let (family, rest) = bytes.split_first()?;
    match *family {
        INET => take_v4(rest).map(|((address, port), _)| (address.into(), port)),
        INET6 => take_v6(rest).map(|((address, port), _)| match mapped(address) {
            Some(mapped) => (mapped.into(), port),
            None => (address.into(), port),
        }),
        _ => None,
    }
}

/// The IPv4 address in an IPv6 one. libsinsp takes the address of all zeros for one, too.
pub(crate) fn mapped(address: Ipv6Addr) -> Option<Ipv4Addr> {
    if address.is_unspecified() { Some(Ipv4Addr::UNSPECIFIED) } else { address.to_ipv4_mapped() }
}

/// The two kernel addresses and the path of a unix tuple.
pub(crate) fn parse_unix(bytes: &[u8]) -> Option<(u64, u64, &[u8])> {
    let rest = bytes.strip_prefix(&[UNIX])?;
    let (source, rest) = rest.split_first_chunk::<8>()?;
    let (destination, path) = rest.split_first_chunk::<8>()?;
    Some((u64::from_le_bytes(*source), u64::from_le_bytes(*destination), until_nul(path)))
}

/// A tuple as text.
pub(crate) fn tuple_text(bytes: &[u8]) -> Vec<u8> {
    let Some(family) = bytes.first() else { return b"NULL".to_vec() };
    match *family {
        INET | INET6 => match Ends::parse(bytes) {
            Some(Ends::V4(from, to)) => format!("{}:{}->{}:{}", from.0, from.1, to.0, to.1).into_bytes(),
            Some(Ends::V6(from, to)) => format!("{}:{}->{}:{}", from.0, from.1, to.0, to.1).into_bytes(),
            None if *family == INET => b"INVALID IPv4".to_vec(),
            None => b"INVALID IPv6".to_vec(),
        },
        UNIX => match parse_unix(bytes) {
            Some((source, destination, path)) => unix_text(source, destination, path),
            None => Vec::new(),
        },
        family => format!("family {family}").into_bytes(),
    }
}

/// `ffff->0 /path`.
pub(crate) fn unix_text(source: u64, destination: u64, path: &[u8]) -> Vec<u8> {
    let mut text = String::new();
    let _ = write!(text, "{source:x}->{destination:x} ");
    let mut text = text.into_bytes();
    text.extend_from_slice(&sanitized(path));
    text
}

/// An address as text.
pub(crate) fn address_text(bytes: &[u8]) -> Vec<u8> {
    let Some((family, rest)) = bytes.split_first() else { return b"<NA>".to_vec() };
    match *family {
        UNIX => sanitized(until_nul(rest)),
        INET => match take_v4(rest) {
            Some(((address, port), _)) => format!("{address}:{port}").into_bytes(),
            None => b"INVALID IPv4".to_vec(),
        },
        INET6 => match take_v6(rest) {
            Some(((address, port), _)) => format!("{address}:{port}").into_bytes(),
            None => b"INVALID IPv6".to_vec(),
        },
        family => format!("family {family}").into_bytes(),
    }
}

/// The name of a connected socket: only TCP and UDP have ports.
pub(crate) fn connection_text(fd: &Fd) -> Vec<u8> {
    let protocol = match fd.kind {
        FdKind::Ipv4 => fd.stored_protocol4(),
        _ => fd.stored_protocol6(),
    };
    let Some([from, to]) = fd.ends() else { return Vec::new() };
    match protocol {
        Protocol::Tcp | Protocol::Udp => format!("{}:{}->{}:{}", from.0, from.1, to.0, to.1).into_bytes(),
        Protocol::Icmp | Protocol::Raw => format!("{}->{}", from.0, to.0).into_bytes(),
        _ => b"<unknown>".to_vec(),
    }
}

fn take_v4(bytes: &[u8]) -> Option<(End<Ipv4Addr>, &[u8])> {
    let (address, rest) = bytes.split_first_chunk::<4>()?;
    let (port, rest) = rest.split_first_chunk::<2>()?;
    Some(((Ipv4Addr::from(*address), u16::from_le_bytes(*port)), rest))
}

fn take_v6(bytes: &[u8]) -> Option<(End<Ipv6Addr>, &[u8])> {
    let (address, rest) = bytes.split_first_chunk::<16>()?;
    let (port, rest) = rest.split_first_chunk::<2>()?;
    Some(((Ipv6Addr::from(*address), u16::from_le_bytes(*port)), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tuples_and_addresses_become_text() {
        let text = |bytes: &[u8]| String::from_utf8(tuple_text(bytes)).unwrap();
        assert_eq!(text(&[2, 127, 0, 0, 1, 1, 0, 10, 0, 0, 1, 80, 0]), "127.0.0.1:1->10.0.0.1:80");
        assert_eq!(text(&[2, 127]), "INVALID IPv4");
        assert_eq!(text(&[17]), "family 17");
        let mut unix = vec![UNIX];
        unix.extend(0xffu64.to_le_bytes());
        unix.extend(0u64.to_le_bytes());
        unix.extend(b"/run/x\0");
        assert_eq!(text(&unix), "ff->0 /run/x");
        assert_eq!(address_text(&[2, 1, 2, 3, 4, 53, 0]), b"1.2.3.4:53");
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..60), family in 0u8..12) {
            let bytes = [&[family], &bytes[..]].concat();
            tuple_text(&bytes);
            address_text(&bytes);
            let _ = (Ends::parse(&bytes), parse_address(&bytes), parse_unix(&bytes));
        }
    }
}
