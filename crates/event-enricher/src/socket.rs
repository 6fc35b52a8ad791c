//! Socket addresses as events carry them: a family byte, then addresses and ports.

use std::{
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

const UNIX: u8 = 1;
const INET: u8 = 2;
const INET6: u8 = 10;

/// A `SOCKADDR` parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Address<'p> {
    Ip(IpAddr, u16),
    Unix(&'p [u8]),
}

/// A `SOCKTUPLE` parameter: source and destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tuple<'p> {
    Ip { source: (IpAddr, u16), destination: (IpAddr, u16) },
    Unix { source: u64, destination: u64, path: &'p [u8] },
}

impl<'p> Address<'p> {
    pub(crate) fn parse(bytes: &'p [u8]) -> Option<Address<'p>> {
        let (family, rest) = bytes.split_first()?;
        match *family {
            UNIX => Some(Address::Unix(rest.strip_suffix(&[0]).unwrap_or(rest))),
            INET | INET6 => {
                let (end, _) = take_end(*family, rest)?;
                Some(Address::Ip(end.0.to_canonical(), end.1))
            }
            _ => None,
        }
    }

    pub(crate) fn text(&self) -> Vec<u8> {
        match self {
            Address::Ip(ip, port) => format!("{ip}:{port}").into_bytes(),
            Address::Unix(path) => path.to_vec(),
        }
    }
}

impl<'p> Tuple<'p> {
    pub(crate) fn parse(bytes: &'p [u8]) -> Option<Tuple<'p>> {
        let (family, rest) = bytes.split_first()?;
        match *family {
            UNIX => {
                let (source, rest) = rest.split_first_chunk::<8>()?;
                let (destination, path) = rest.split_first_chunk::<8>()?;
                Some(Tuple::Unix {
                    source: u64::from_le_bytes(*source),
                    destination: u64::from_le_bytes(*destination),
                    path: path.strip_suffix(&[0]).unwrap_or(path),
                })
            }
            INET | INET6 => {
                let (source, rest) = take_end(*family, rest)?;
                let (destination, _) = take_end(*family, rest)?;
                // Falco shows a connection of mapped addresses as one of IPv4.
                let (plain_source, plain_destination) =
                    (source.0.to_canonical(), destination.0.to_canonical());
                if plain_source.is_ipv4() && plain_destination.is_ipv4() {
                    return Some(Tuple::Ip {
                        source: (plain_source, source.1),
                        destination: (plain_destination, destination.1),
                    });
                }
                Some(Tuple::Ip { source, destination })
            }
            _ => None,
        }
    }

    /// `1.2.3.4:5->6.7.8.9:10`; IPv6 without brackets, as Falco prints it.
    pub(crate) fn text(&self) -> Vec<u8> {
        match self {
            Tuple::Ip { source, destination } => {
                let mut text = String::new();
                let _ = write!(text, "{}:{}->{}:{}", source.0, source.1, destination.0, destination.1);
                text.into_bytes()
            }
            Tuple::Unix { source, destination, path } => {
                let mut text = format!("{source:x}->{destination:x} ").into_bytes();
                text.extend_from_slice(path);
                text
            }
        }
    }
}

fn take_end(family: u8, bytes: &[u8]) -> Option<((IpAddr, u16), &[u8])> {
    let (ip, rest): (IpAddr, &[u8]) = if family == INET {
        let (ip, rest) = bytes.split_first_chunk::<4>()?;
        (Ipv4Addr::from(*ip).into(), rest)
    } else {
        let (ip, rest) = bytes.split_first_chunk::<16>()?;
        (Ipv6Addr::from(*ip).into(), rest)
    };
    let (port, rest) = rest.split_first_chunk::<2>()?;
    Some(((ip, u16::from_le_bytes(*port)), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tuple(bytes: &[u8]) -> String {
        Tuple::parse(bytes).map_or("-".into(), |tuple| String::from_utf8(tuple.text()).unwrap())
    }

    #[test]
    fn tuples_are_printed_as_falco_does() {
        assert_eq!(tuple(&[2, 127, 0, 0, 1, 0x39, 0x30, 10, 0, 0, 1, 80, 0]), "127.0.0.1:12345->10.0.0.1:80");
        let mut six = vec![10];
        six.extend(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1).octets());
        six.extend(7u16.to_le_bytes());
        six.extend(Ipv6Addr::LOCALHOST.octets());
        six.extend(8u16.to_le_bytes());
        assert_eq!(tuple(&six), "fd00::1:7->::1:8");
        let mut mapped = vec![10];
        for port in [1u16, 2] {
            mapped.extend(Ipv4Addr::LOCALHOST.to_ipv6_mapped().octets());
            mapped.extend(port.to_le_bytes());
        }
        assert_eq!(tuple(&mapped), "127.0.0.1:1->127.0.0.1:2");
        let mut unix = vec![1];
        unix.extend(0xffff_8881u64.to_le_bytes());
        unix.extend(0u64.to_le_bytes());
        unix.extend(b"/run/x\0");
        assert_eq!(tuple(&unix), "ffff8881->0 /run/x");
        assert_eq!(tuple(&[2, 1]), "-");
        assert_eq!(tuple(&[]), "-");
    }

    #[test]
    fn addresses() {
        let address = Address::parse(&[2, 1, 2, 3, 4, 53, 0]);
        assert_eq!(address, Some(Address::Ip(Ipv4Addr::new(1, 2, 3, 4).into(), 53)));
        assert_eq!(Address::parse(b"\x01/run/docker.sock\0"), Some(Address::Unix(b"/run/docker.sock")));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..60), family in 0u8..12) {
            let bytes = [&[family], &bytes[..]].concat();
            if let Some(tuple) = Tuple::parse(&bytes) {
                tuple.text();
            }
            if let Some(address) = Address::parse(&bytes) {
                address.text();
            }
        }
    }
}
