//! Sockets: made, bound, connected, accepted.

use std::net::IpAddr;

use super::{
    Replayer,
    args::Args,
    descriptor::{Connection, Fd, FdKind, Protocol, Role},
    files::O_CLOEXEC,
    socket_text::{Ends, UNIX, address_text, connection_text, parse_address, parse_unix, tuple_text},
    step::Current,
};

/// libscap's families beside those of `socket_text`.
pub(crate) const AF_INET: u32 = 2;
pub(crate) const AF_INET6: u32 = 10;
const AF_UNIX: u32 = 1;
const AF_NETLINK: u32 = 16;
/// Types and protocols of the kernel.
const SOCK_STREAM: u32 = 1;
pub(crate) const SOCK_DGRAM: u32 = 2;
const SOCK_RAW: u32 = 3;
const SOCK_CLOEXEC: u32 = 0o2_000_000;
const IPPROTO_IP: u32 = 0;
const IPPROTO_ICMP: u32 = 1;
const IPPROTO_TCP: u32 = 6;
pub(crate) const IPPROTO_UDP: u32 = 17;
const IPPROTO_RAW: u32 = 255;
/// A connection that is being made.
const EINPROGRESS: i64 = 115;

impl Replayer {
    pub(crate) fn apply_socket(&mut self, args: Args<'_>, current: &mut Current) {
        let number = args.i64(0);
        let Some(slot) = current.slot.filter(|_| number >= 0) else { return };
        let mut fd = new_socket(args.u32(1), args.u32(2), args.u32(3));
        fd.open_flags = args.u32(4);
        current.fd = self.add_fd(slot, number, fd);
    }

    pub(crate) fn apply_bind(&mut self, args: Args<'_>, current: &Current) {
        let (Some((owner, number)), Some(address)) = (current.fd, args.get(1)) else { return };
        if args.i64(0) < 0 {
            return;
        }
        let Some(fd) = self.fd_at_mut(owner, number) else { return };
        let is_v6 = address.first() == Some(&super::socket_text::INET6);
        if let Some((ip, port)) = parse_address(address).filter(|(_, port)| *port > 0) {
            let protocol = if is_v6 { fd.stored_protocol6() } else { fd.stored_protocol4() };
            match ip {
                IpAddr::V4(ip) => fd.set_server4(ip, port, protocol),
                IpAddr::V6(ip) => fd.set_server6(ip, port, protocol),
            }
            fd.role = Role::Server;
        }
        fd.set_name(&address_text(address));
    }

    pub(crate) fn apply_connect(&mut self, args: Args<'_>, current: &Current) {
        let Some((owner, number)) = current.fd else { return };
        let res = args.i64(0);
        let entered = self.take_entered(event::event_code::SOCKET_CONNECT_X.0, current);
        if res < 0 && res != -EINPROGRESS {
            return;
        }
        let Some(fd) = self.fd_at_mut(owner, number) else { return };
        fd.connection = Connection::Made;
        let told = entered.as_deref().and_then(|entered| entered.args()).and_then(|told| told.get(1));
        match args.get(1) {
            Some(tuple) => connect_by_tuple(fd, tuple, args.get(3), told),
            None => {
                if let Some(address) = told {
                    connect_by_address(fd, address, args);
                }
            }
        }
    }

    pub(crate) fn apply_accept(&mut self, args: Args<'_>, current: &mut Current) {
        let number = args.i64(0);
        let Some(slot) = current.slot.filter(|_| number >= 0) else { return };
        if let Some(thread) = self.threads.get_mut(slot) {
            thread.last_fd = number;
        }
        let Some(tuple) = args.get(1) else { return };
        let mut fd = Fd::default();
        if let Some(ends) = Ends::parse(tuple) {
            update_ends(&mut fd, ends, false);
            match ends {
                Ends::V4(..) => {
                    fd.kind = FdKind::Ipv4;
                    fd.set_protocol4(Protocol::Tcp);
                }
                Ends::V6(..) => {
                    fd.kind = FdKind::Ipv6;
                    fd.set_protocol6(Protocol::Tcp);
                }
            }
        } else if let Some((source, destination, _)) = parse_unix(tuple) {
            fd.kind = FdKind::Unix;
            fd.set_unix(source, destination);
        } else {
            return;
        }
        fd.set_name(&tuple_text(tuple));
        fd.role = Role::Server;
        fd.connection = Connection::Made;
        // Only `accept4` has flags: libscap's for files, the kernel's in old captures.
        fd.set_closes_on_exec(args.u32(5) & (SOCK_CLOEXEC | O_CLOEXEC) != 0);
        current.fd = self.add_fd(slot, number, fd);
    }

    pub(crate) fn apply_socketpair(&mut self, args: Args<'_>, current: &mut Current) {
        let Some(slot) = current.slot.filter(|_| args.i64(0) >= 0) else { return };
        let (first, second) = (args.i64(1), args.i64(2));
        if first == second {
            current.fd = None;
            return;
        }
        let mut fd = Fd::new(FdKind::Unix);
        fd.set_unix(args.u64(3), args.u64(4));
        fd.set_closes_on_exec(args.u32(6) & SOCK_CLOEXEC != 0);
        current.fd = self.add_fd(slot, first, fd.clone());
        self.add_fd(slot, second, fd);
    }
}

/// A socket by what was asked of the kernel.
pub(crate) fn new_socket(domain: u32, socket_type: u32, protocol: u32) -> Fd {
    let mut fd = Fd::new(FdKind::Unknown);
    match domain {
        AF_UNIX => fd.kind = FdKind::Unix,
        AF_INET | AF_INET6 => {
            let is_raw = socket_type == SOCK_RAW;
            let unless_raw = |protocol| if is_raw { Protocol::Raw } else { protocol };
            let protocol = match protocol {
                IPPROTO_TCP => unless_raw(Protocol::Tcp),
                IPPROTO_UDP => unless_raw(Protocol::Udp),
                IPPROTO_ICMP => unless_raw(Protocol::Icmp),
                IPPROTO_RAW => Protocol::Raw,
                // Flags may stand beside the type.
                IPPROTO_IP => match socket_type & 0xff {
                    SOCK_STREAM => Protocol::Tcp,
                    SOCK_DGRAM => Protocol::Udp,
                    _ => Protocol::Unknown,
                },
                _ => Protocol::Unknown,
            };
            if domain == AF_INET {
                fd.kind = FdKind::Ipv4;
                fd.set_protocol4(protocol);
            } else {
                fd.kind = FdKind::Ipv6;
                fd.set_protocol6(protocol);
            }
        }
        AF_NETLINK => fd.kind = FdKind::Netlink,
        _ => {}
    }
    fd
}

/// Takes both ends over; known destinations stay unless `overwrite`. `true`: something changed.
pub(crate) fn update_ends(fd: &mut Fd, ends: Ends, overwrite: bool) -> bool {
    match ends {
        Ends::V4(source, destination) => {
            let own = ((fd.source4(), fd.source_port4()), (fd.destination4(), fd.destination_port4()));
            let known = own == (source, destination) || own == (destination, source);
            if fd.kind == FdKind::Ipv4 && known {
                return false;
            }
            fd.set_source4(source.0);
            fd.set_source_port(false, source.1);
            let changed_source = own.0 != source;
            let new_address =
                fd.destination4().is_unspecified() || (overwrite && fd.destination4() != destination.0);
            if new_address {
                fd.set_destination4(destination.0);
            }
            let port = fd.destination_port4();
            let new_port = port == 0 || (overwrite && port != destination.1);
            if new_port {
                fd.set_destination_port(false, destination.1);
            }
            changed_source || new_address || new_port
        }
        Ends::V6(source, destination) => {
            let own = ((fd.source6(), fd.ports6().0), (fd.destination6(), fd.ports6().1));
            let known = own == (source, destination) || own == (destination, source);
            if fd.kind == FdKind::Ipv6 && known {
                return false;
            }
            // Here libsinsp overwrites the destination always.
            fd.set_source6(source.0);
            fd.set_source_port(true, source.1);
            fd.set_destination6(destination.0);
            fd.set_destination_port(true, destination.1);
            own != (source, destination)
        }
    }
}

/// A connection as the exit event tells it. Where the destination is the one that the exit event
/// read from the caller's memory, the enter event's is taken: it cannot have been changed since.
fn connect_by_tuple(fd: &mut Fd, tuple: &[u8], exit_address: Option<&[u8]>, entered: Option<&[u8]>) {
    if let Some(ends) = Ends::parse(tuple) {
        let ends = trusted_ends(ends, exit_address, entered);
        fd.kind = if matches!(ends, Ends::V4(..)) { FdKind::Ipv4 } else { FdKind::Ipv6 };
        let changed = update_ends(fd, ends, true);
        if changed && fd.role == Role::Server && fd.is_udp() {
            fd.swap_ends();
        }
        let name = connection_text(fd);
        fd.set_name(&name);
    } else {
        if fd.kind != FdKind::Unix {
            return;
        }
        let Some((source, destination, path)) = parse_unix(tuple) else { return };
        let unix_path =
            |address: &[u8]| address.strip_prefix(&[UNIX]).map(|path| super::args::until_nul(path).to_vec());
        let path = match (exit_address.and_then(unix_path), entered.and_then(unix_path)) {
            (Some(exit), Some(entered)) if exit == path => entered,
            _ => path.to_vec(),
        };
        fd.set_unix(source, destination);
        fd.set_name(&super::socket_text::unix_text(source, destination, &path));
    }
    if fd.role == Role::None {
        fd.role = Role::Client;
    }
}

fn trusted_ends(ends: Ends, exit_address: Option<&[u8]>, entered: Option<&[u8]>) -> Ends {
    let (Some(exit), Some(entered)) = (exit_address.and_then(parse_address), entered.and_then(parse_address))
    else {
        return ends;
    };
    match (ends, exit, entered) {
        (Ends::V4(source, destination), (IpAddr::V4(exit), exit_port), (IpAddr::V4(ip), port))
            if destination == (exit, exit_port) =>
        {
            Ends::V4(source, (ip, port))
        }
        (Ends::V6(source, destination), (IpAddr::V6(exit), exit_port), (IpAddr::V6(ip), port))
            if destination == (exit, exit_port) =>
        {
            Ends::V6(source, (ip, port))
        }
        _ => ends,
    }
}

/// A connection whose exit event tells no tuple: the destination is what was asked for.
fn connect_by_address(fd: &mut Fd, address: &[u8], args: Args<'_>) {
    match parse_address(address) {
        Some((IpAddr::V4(ip), port)) => {
            fd.kind = FdKind::Ipv4;
            fd.set_destination4(ip);
            fd.set_destination_port(false, port);
        }
        Some((IpAddr::V6(ip), port)) => {
            fd.kind = FdKind::Ipv6;
            fd.set_destination6(ip);
            fd.set_destination_port(true, port);
        }
        None => {
            let name = match args.get(1) {
                Some(tuple) => tuple_text(tuple),
                None => b"NULL".to_vec(),
            };
            fd.set_name(&name);
        }
    }
}
