//! The addresses of the machine that a capture was taken on: they tell which end of a connection
//! is local, and fill in an end that the recorder did not have.

use std::net::{Ipv4Addr, Ipv6Addr};

use event::tables::{InterfaceAddress, InterfaceRecord};

use super::descriptor::{Fd, FdKind};
use crate::limits::INTERFACES_MAX;

/// Addresses of all interfaces.
#[derive(Debug, Default)]
pub(crate) struct Addresses {
    v4: Vec<(Ipv4Addr, Ipv4Addr)>,
    v6: Vec<Ipv6Addr>,
}

impl Addresses {
    /// `false`: there was no room for it.
    pub(crate) fn add(&mut self, record: &InterfaceRecord) -> bool {
        if self.v4.len() + self.v6.len() >= INTERFACES_MAX {
            return false;
        }
        match record.address {
            InterfaceAddress::V4 { address, mask, .. } => self.v4.push((address, mask)),
            InterfaceAddress::V6 { address, .. } => self.v6.push(address),
        }
        true
    }

    pub(crate) fn is_local_v4(&self, address: Ipv4Addr) -> bool {
        self.v4.iter().any(|(own, _)| *own == address)
    }

    /// libsinsp compares the first 64 bits only: it holds networks, not addresses.
    pub(crate) fn is_local_v6(&self, address: Ipv6Addr) -> bool {
        address == Ipv6Addr::LOCALHOST || self.v6.iter().any(|own| same_network(*own, address))
    }

    /// Fills in the end of a connection that is not known.
    pub(crate) fn complete(&self, fd: &mut Fd) {
        match fd.kind {
            FdKind::Ipv4 => {
                let (source, destination) = (fd.source4(), fd.destination4());
                let same_port = fd.source_port() == fd.destination_port();
                if source.is_unspecified() {
                    let own = self.own_v4(destination);
                    if !(own == destination && same_port) {
                        fd.set_source4(own);
                    }
                } else if destination.is_unspecified() {
                    let own = self.own_v4(source);
                    if !(own == source && same_port) {
                        fd.set_destination4(own);
                    }
                }
            }
            FdKind::Ipv6 => {
                let (source, destination) = (fd.source6(), fd.destination6());
                let same_port = fd.source_port() == fd.destination_port();
                if source.is_unspecified() {
                    let own = self.own_v6(destination);
                    if !(own == destination && same_port) {
                        fd.set_source6(own);
                    }
                } else if destination.is_unspecified() {
                    let own = self.own_v6(source);
                    if !(own == source && same_port) {
                        fd.set_destination6(own);
                    }
                }
            }
            _ => {}
        }
    }

    /// The own address that speaks with `peer`: itself, one of its network, or the first that is
    /// not the loopback.
    fn own_v4(&self, peer: Ipv4Addr) -> Ipv4Addr {
        let network = |address: Ipv4Addr, mask: Ipv4Addr| address.to_bits() & mask.to_bits();
        let same = self.v4.iter().find(|(own, _)| *own == peer);
        let near = || self.v4.iter().find(|(own, mask)| network(*own, *mask) == network(peer, *mask));
        let other = || self.v4.iter().find(|(own, _)| *own != Ipv4Addr::LOCALHOST);
        let found = same.or_else(near).or_else(other);
        found.map_or(Ipv4Addr::UNSPECIFIED, |(own, _)| *own)
    }

    fn own_v6(&self, peer: Ipv6Addr) -> Ipv6Addr {
        let same = self.v6.iter().find(|own| **own == peer);
        let near = || self.v6.iter().find(|own| same_network(**own, peer));
        let other = || self.v6.iter().find(|own| **own != Ipv6Addr::LOCALHOST);
        same.or_else(near).or_else(other).copied().unwrap_or(Ipv6Addr::UNSPECIFIED)
    }
}

fn same_network(one: Ipv6Addr, other: Ipv6Addr) -> bool {
    one.to_bits() >> 64 == other.to_bits() >> 64
}
