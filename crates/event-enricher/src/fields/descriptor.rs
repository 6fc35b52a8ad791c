//! `fd.*`: the descriptor that the event is about.

use std::net::IpAddr;

use event::{FieldArgument, FieldId, Value, field_id as id};

use super::{int, owned};
use crate::{
    Enriched,
    descriptor::{Descriptor, Ends, FD_LOWER_LAYER, FD_UPPER_LAYER, Kind, directory_of},
    path,
};

/// Falco's word for the protocol of what is no socket.
const NO_PROTOCOL: &[u8] = b"<NA>";

pub(super) fn extract<'s>(
    e: &'s Enriched<'_>,
    field: FieldId,
    _argument: FieldArgument<'_>,
) -> Option<Value<'s>> {
    let descriptor = e.descriptor()?;
    if let Some(value) = socket(e, descriptor, field) {
        return Some(value);
    }
    let succeeded = (!descriptor.failed).then_some(());
    Some(match field {
        id::FD_NUM => Value::Int(descriptor.number),
        id::FD_TYPE => {
            succeeded?;
            Value::text(descriptor.kind.name()?.as_bytes())
        }
        id::FD_TYPECHAR => Value::text(descriptor.kind.letter().as_bytes()),
        id::FD_NAME => Value::text(&descriptor.name),
        id::FD_NAMERAW => Value::text(descriptor.raw_name.unwrap_or_default()),
        id::FD_DIRECTORY => Value::text(directory_of(descriptor)?),
        id::FD_FILENAME => {
            succeeded?;
            if descriptor.kind != Kind::File {
                return None;
            }
            Value::text(path::file_name(&descriptor.name))
        }
        // Falco: thread id and number, written one after the other.
        id::FD_UID => {
            succeeded?;
            owned(format!("{}{}", e.event.tid.0, descriptor.number))
        }
        id::FD_CONTAINERNAME => owned([container_prefix(e)?, descriptor.name.to_vec()].concat()),
        id::FD_CONTAINERDIRECTORY => {
            owned([container_prefix(e)?, directory_of(descriptor)?.to_vec()].concat())
        }
        id::FD_DEV => int(descriptor.device?),
        id::FD_DEV_MAJOR => int((descriptor.device? >> 8) & 0xfff),
        id::FD_DEV_MINOR => {
            let device = descriptor.device?;
            int((device & 0xff) | ((device >> 12) & 0xf_ff00))
        }
        id::FD_INO => Value::Int(descriptor.inode?.cast_signed()),
        id::FD_NAME_CHANGED => Value::Bool(descriptor.name_changed),
        id::FD_IS_UPPER_LAYER => Value::Bool(descriptor.flags & FD_UPPER_LAYER != 0),
        id::FD_IS_LOWER_LAYER => Value::Bool(descriptor.flags & FD_LOWER_LAYER != 0),
        _ => return None,
    })
}

/// What only sockets have.
fn socket<'s>(e: &Enriched<'_>, descriptor: &Descriptor<'_>, field: FieldId) -> Option<Value<'s>> {
    match field {
        id::FD_L4PROTO if !descriptor.is_socket() && !descriptor.failed => {
            return Some(Value::text(NO_PROTOCOL));
        }
        id::FD_L4PROTO => return e.protocol().map(|protocol| Value::text(protocol.as_bytes())),
        id::FD_SOCKFAMILY => {
            return match descriptor.kind {
                Kind::Ipv4 | Kind::Ipv6 => Some(Value::text(b"ip")),
                Kind::Unix => Some(Value::text(b"unix")),
                _ => None,
            };
        }
        id::FD_CONNECTED => return descriptor.connected.map(Value::Bool),
        id::FD_IS_SERVER => return descriptor.is_socket().then_some(Value::Bool(descriptor.is_server)),
        _ => {}
    }
    let ends = descriptor.ends.as_ref()?;
    let own_is_server = descriptor.is_server;
    let (local, remote) =
        if own_is_server { (Some(ends.server), ends.client) } else { (ends.client, Some(ends.server)) };
    let ip = |end: Option<(IpAddr, u16)>| end.map(|(ip, _)| Value::Ip(ip));
    let net = |end: Option<(IpAddr, u16)>| end.map(|(ip, _)| Value::Net(ip));
    let port = |end: Option<(IpAddr, u16)>| end.map(|(_, port)| Value::Uint(port.into()));
    match field {
        id::FD_IP => both(ends, |(ip, _)| Value::Ip(ip)),
        id::FD_NET => both(ends, |(ip, _)| Value::Net(ip)),
        id::FD_PORT => both(ends, |(_, port)| Value::Uint(port.into())),
        id::FD_CIP => ip(ends.client),
        id::FD_SIP => ip(Some(ends.server)),
        id::FD_LIP => ip(local),
        id::FD_RIP => ip(remote),
        id::FD_CNET => net(ends.client),
        id::FD_SNET => net(Some(ends.server)),
        id::FD_LNET => net(local),
        id::FD_RNET => net(remote),
        id::FD_CPORT => port(ends.client),
        id::FD_SPORT => port(Some(ends.server)),
        id::FD_LPORT => port(local),
        id::FD_RPORT => port(remote),
        _ => None,
    }
}

/// Either end: Falco's `fd.ip`, `fd.port` and `fd.net` hold for both.
fn both<'s>(ends: &Ends, of: impl Fn((IpAddr, u16)) -> Value<'s>) -> Option<Value<'s>> {
    Some(Value::AnyOf(ends.client.into_iter().chain([ends.server]).map(of).collect()))
}

/// `<container id>:`.
fn container_prefix(e: &Enriched<'_>) -> Option<Vec<u8>> {
    let container = e.process?.container.as_deref();
    let id = container.map_or("", |container| container.id.short());
    Some(format!("{id}:").into_bytes())
}
