//! `fdlist.*`: the descriptors that a poll waits for.

use event::{FieldId, Value, event_code as code, field_id as id};

use super::values::owned;
use crate::replay::{
    Replayed,
    args::Args,
    descriptor::{Fd, FdKind},
    render::listed,
};

pub(super) fn extract<'s>(e: &'s Replayed<'_>, field: FieldId) -> Option<Value<'s>> {
    let args = Args::of(e.event);
    let list = match e.event.code {
        code::SYSCALL_POLL_X | code::SYSCALL_PPOLL_X => args.get(1)?,
        code::SYSCALL_POLL_E | code::SYSCALL_PPOLL_E => args.get(0)?,
        _ => return None,
    };
    e.thread?;
    let mut texts: Vec<Vec<u8>> = Vec::new();
    for (number, _) in listed(list) {
        let fd = e.fd_number(number);
        texts.extend(match field {
            id::FDLIST_NUMS => Some(number.to_string().into_bytes()),
            id::FDLIST_NAMES => {
                let name = fd.map(Fd::name).filter(|name| !name.is_empty());
                Some(name.unwrap_or(b"<NA>").to_vec())
            }
            _ => fd.and_then(|fd| end_text(fd, field)),
        });
    }
    let line = texts.join(&b',');
    (!line.is_empty()).then(|| owned(line))
}

fn end_text(fd: &Fd, field: FieldId) -> Option<Vec<u8>> {
    let client = fd.ends().map(|[client, _]| client);
    let server = fd.ends().map(|[_, server]| server);
    let is_listening = matches!(fd.kind, FdKind::Ipv4Server | FdKind::Ipv6Server);
    let text = match field {
        id::FDLIST_CIPS => client?.0.to_string(),
        id::FDLIST_SIPS if is_listening => fd.server().0.to_string(),
        id::FDLIST_SIPS => server?.0.to_string(),
        id::FDLIST_CPORTS => client?.1.to_string(),
        id::FDLIST_SPORTS => server?.1.to_string(),
        _ => return None,
    };
    Some(text.into_bytes())
}
