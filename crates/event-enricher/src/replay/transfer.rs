//! Data that passes through sockets: it tells the ends of those that were not connected.

use super::{
    Replayer,
    args::Args,
    descriptor::{Connection, Fd, FdKind, Protocol, Role},
    socket_text::{Ends, INET, connection_text, parse_unix, tuple_text},
    sockets::{AF_INET, AF_INET6, IPPROTO_UDP, SOCK_DGRAM, new_socket, update_ends},
    step::Current,
    thread_table::Slot,
};

/// Which way data passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    In,
    Out,
}

impl Replayer {
    /// A datagram is sent through a descriptor whose `socket` call was not seen.
    pub(crate) fn infer_socket(&mut self, args: Args<'_>, current: &mut Current) {
        let (Some(slot), None) = (current.slot, current.fd) else { return };
        if args.i64(0) < 0 {
            return;
        }
        let family = args.get(4).and_then(|tuple| tuple.first()).map(|family| u32::from(*family));
        if let Some(family @ (AF_INET | AF_INET6)) = family {
            let fd = new_socket(family, SOCK_DGRAM, IPPROTO_UDP);
            current.fd = self.add_fd(slot, args.i64(2), fd);
        }
    }

    /// A read or write. `tuple`: which parameter tells the ends.
    pub(crate) fn apply_transfer(
        &mut self,
        args: Args<'_>,
        tuple: Option<usize>,
        way: Way,
        current: &Current,
    ) {
        let (Some((owner, number)), Some(slot)) = (current.fd, current.slot) else { return };
        let Some(fd) = self.fd_at(owner, number) else { return };
        if args.signed(0).is_none_or(|res| res < 0) {
            return;
        }
        let asks = fd.name().is_empty() || !fd.is_tcp();
        if is_connection(fd)
            && fd.connection == Connection::None
            && let Some(fd) = self.fd_at_mut(owner, number)
        {
            fd.connection = Connection::Made;
        }
        let Some(tuple) = tuple.and_then(|index| args.get(index)).filter(|_| asks) else { return };
        let Some(mut fd) = self.fd_at(owner, number).cloned() else { return };
        let learned = self.learn_ends(&mut fd, tuple);
        let (asks_role, ports) = (fd.role == Role::None, (fd.source_port4(), fd.destination_port4()));
        self.put_back(owner, number, fd);
        if !learned {
            return;
        }
        let guessed = asks_role.then(|| self.guess_role(slot, ports, way));
        let Some(fd) = self.fd_at_mut(owner, number) else { return };
        let name = if is_connection(fd) {
            fd.role = guessed.unwrap_or(fd.role);
            let is_reversed = matches!((way, fd.role), (Way::In, Role::Client) | (Way::Out, Role::Server));
            if is_reversed {
                fd.swap_ends();
            }
            connection_text(fd)
        } else {
            tuple_text(tuple)
        };
        fd.set_name(&name);
    }

    /// Takes the ends that a tuple tells. `false`: they were known.
    fn learn_ends(&self, fd: &mut Fd, tuple: &[u8]) -> bool {
        match Ends::parse(tuple) {
            Some(ends) => {
                let is_plain = tuple.first() == Some(&INET);
                if is_plain && fd.kind == FdKind::Ipv4Server {
                    fd.set_protocol4(fd.server_protocol4());
                }
                // An IPv6 socket that was bound stays a listening one.
                if matches!(ends, Ends::V4(..)) {
                    fd.kind = FdKind::Ipv4;
                }
                if !update_ends(fd, ends, true) {
                    return false;
                }
            }
            None => {
                if let Some((source, destination, _)) = parse_unix(tuple) {
                    fd.kind = FdKind::Unix;
                    fd.set_unix(source, destination);
                    return true;
                }
            }
        }
        // TCP could not change its ends in the middle of a connection.
        if fd.kind == FdKind::Ipv4 && fd.stored_protocol4() == Protocol::Unknown {
            fd.set_protocol4(Protocol::Udp);
        } else if fd.kind == FdKind::Ipv6 && fd.stored_protocol6() == Protocol::Unknown {
            fd.set_protocol6(Protocol::Udp);
        }
        self.addresses.complete(fd);
        true
    }

    fn put_back(&mut self, owner: Slot, number: i64, fd: Fd) {
        if let Some(place) = self.fd_at_mut(owner, number) {
            *place = fd;
        }
    }

    /// A process that owns the port serves; where it has both ports, who reads first does.
    fn guess_role(&self, slot: Slot, (source, destination): (u16, u16), way: Way) -> Role {
        let Some(table) = self.threads.table_owner(slot).and_then(|owner| self.threads.get(owner)) else {
            return Role::Client;
        };
        let is_bound = table.fds.iter().any(|fd| match fd.kind {
            FdKind::Ipv4 => fd.destination_port() == destination,
            FdKind::Ipv4Server => fd.server().1 == destination,
            _ => false,
        });
        if !is_bound {
            return Role::Client;
        }
        let has_client = table.fds.iter().any(|fd| fd.kind == FdKind::Ipv4 && fd.source_port() == source);
        if !has_client || way == Way::In { Role::Server } else { Role::Client }
    }
}

fn is_connection(fd: &Fd) -> bool {
    matches!(fd.kind, FdKind::Ipv4 | FdKind::Ipv6)
}
