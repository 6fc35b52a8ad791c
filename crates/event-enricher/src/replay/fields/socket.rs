//! `fd.*` of sockets: their ends, their protocol, and which end is here.

use std::net::IpAddr;

use event::{FieldId, Value, field_id as id};

use super::values::{owned, word};
use crate::replay::{
    Replayed,
    descriptor::{Fd, FdKind, Protocol, Role},
};

type End = (IpAddr, u16);

pub(super) fn extract<'s>(e: &'s Replayed<'_>, fd: &Fd, field: FieldId) -> Option<Value<'s>> {
    Some(match field {
        id::FD_L4PROTO => word(match fd.protocol() {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Icmp => "icmp",
            Protocol::Raw => "raw",
            Protocol::Unknown | Protocol::NotASocket => "<NA>",
        }),
        id::FD_SOCKFAMILY if fd.kind.is_ip() => word("ip"),
        id::FD_SOCKFAMILY if fd.kind == FdKind::Unix => word("unix"),
        id::FD_IS_SERVER => Value::Bool(match fd.kind {
            FdKind::Ipv4Server | FdKind::Ipv6Server => true,
            FdKind::Ipv4 => e.replayer.addresses.is_local_v4(fd.destination4()),
            FdKind::Ipv6 => e.replayer.addresses.is_local_v6(fd.destination6()),
            _ => false,
        }),
        id::FD_IP => Value::AnyOf(all_ends(fd)?.into_iter().map(|(ip, _)| Value::Ip(ip)).collect()),
        id::FD_NET => Value::AnyOf(all_ends(fd)?.into_iter().map(|(ip, _)| Value::Net(ip)).collect()),
        id::FD_PORT | id::FD_PROTO => {
            Value::AnyOf(all_ends(fd)?.into_iter().map(|(_, port)| Value::Uint(port.into())).collect())
        }
        _ => return one_end(e, fd, field),
    })
}

fn one_end<'s>(e: &Replayed<'_>, fd: &Fd, field: FieldId) -> Option<Value<'s>> {
    let end = match field {
        id::FD_CIP | id::FD_CNET | id::FD_CPORT => client(fd)?,
        id::FD_SIP | id::FD_SNET => server(fd, true)?,
        id::FD_SPORT => server(fd, false)?,
        id::FD_LIP | id::FD_LNET | id::FD_LPORT => local_and_remote(e, fd)?.0,
        id::FD_RIP | id::FD_RNET | id::FD_RPORT => local_and_remote(e, fd)?.1,
        id::FD_CPROTO => return text_of_client_port(fd),
        id::FD_SPROTO => return text_of_server_port(fd),
        id::FD_LPROTO => return Some(owned(local_and_remote(e, fd)?.0.1.to_string())),
        id::FD_RPROTO => return Some(owned(local_and_remote(e, fd)?.1.1.to_string())),
        _ => return None,
    };
    Some(match field {
        id::FD_CIP | id::FD_SIP | id::FD_LIP | id::FD_RIP => Value::Ip(end.0),
        id::FD_CNET | id::FD_SNET | id::FD_LNET | id::FD_RNET => Value::Net(end.0),
        _ => Value::Uint(end.1.into()),
    })
}

/// Both ends of a connection, or where a listening socket listens.
fn all_ends(fd: &Fd) -> Option<Vec<End>> {
    match fd.kind {
        FdKind::Ipv4Server | FdKind::Ipv6Server => Some(vec![fd.server()]),
        _ => fd.ends().map(|ends| ends.to_vec()),
    }
}

fn client(fd: &Fd) -> Option<End> {
    fd.ends().filter(|_| fd.role != Role::None).map(|[source, _]| source)
}

/// A listening socket has a port whatever its role, but an address only with one.
fn server(fd: &Fd, needs_role: bool) -> Option<End> {
    if matches!(fd.kind, FdKind::Ipv4Server | FdKind::Ipv6Server) {
        return (!needs_role || fd.role != Role::None).then(|| fd.server());
    }
    fd.ends().filter(|_| fd.role != Role::None).map(|[_, destination]| destination)
}

/// The source is local when it is one of the machine's addresses.
fn local_and_remote(e: &Replayed<'_>, fd: &Fd) -> Option<(End, End)> {
    let [source, destination] = fd.ends().filter(|_| fd.role != Role::None)?;
    let is_local = match source.0 {
        IpAddr::V4(ip) => e.replayer.addresses.is_local_v4(ip),
        IpAddr::V6(ip) => e.replayer.addresses.is_local_v6(ip),
    };
    Some(if is_local { (source, destination) } else { (destination, source) })
}

/// libsinsp resolves no port names by default: the text is the number.
fn text_of_client_port<'s>(fd: &Fd) -> Option<Value<'s>> {
    if fd.role == Role::None {
        return None;
    }
    Some(owned(fd.ends().map(|[source, _]| source.1.to_string()).unwrap_or_default()))
}

fn text_of_server_port<'s>(fd: &Fd) -> Option<Value<'s>> {
    let end = server(fd, false)?;
    let is_connection = fd.ends().is_some();
    Some(owned(if is_connection { end.1.to_string() } else { String::new() }))
}
