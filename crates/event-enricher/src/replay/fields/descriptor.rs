//! `fd.*`: the descriptor that the event is about; its sockets are in `socket.rs`.

use event::{FieldArgument, FieldId, Value, event_code as code, field_id as id};

use super::{
    socket,
    values::{owned, word},
};
use crate::replay::{
    Replayed,
    args::Args,
    descriptor::Fd,
    paths::{concatenate, directory, file_name, is_sane, sanitized, without_doubled_slashes},
    render,
};

pub(super) fn extract<'s>(
    e: &'s Replayed<'_>,
    field: FieldId,
    argument: FieldArgument<'_>,
) -> Option<Value<'s>> {
    let thread = e.thread.filter(|_| e.facts.has_fd)?;
    if field == id::FD_NUM {
        return Some(Value::Int(thread.last_fd));
    }
    if field == id::FD_TYPES {
        return types(e, argument);
    }
    // The event's own, or whatever the thread's last number leads to.
    let fd = e.fd.or_else(|| e.fd_number(thread.last_fd));
    match field {
        id::FD_UID => return Some(owned(format!("{}{}", thread.tid, thread.last_fd))),
        id::FD_NAME | id::FD_CONTAINERNAME => return name(e, fd, field),
        id::FD_DIRECTORY | id::FD_CONTAINERDIRECTORY => return directory_field(e, fd, field),
        id::FD_NAMERAW => {
            return Some(owned(match fd {
                Some(fd) => without_doubled_slashes(fd.raw_name.as_deref().unwrap_or_default()),
                None => without_doubled_slashes(&name_of_failed(e, true)?),
            }));
        }
        id::FD_TYPECHAR => return Some(word(fd.map_or_else(|| letter_of_failed(e), |fd| fd.kind.letter()))),
        _ => {}
    }
    let fd = fd?;
    Some(match field {
        id::FD_TYPE => word(fd.kind.name()),
        id::FD_FILENAME => {
            owned(file_name(&sanitized(Some(fd).filter(|fd| fd.kind.is_file())?.name())).to_vec())
        }
        id::FD_CONNECTED => Value::Bool(fd.is_connected()),
        id::FD_NAME_CHANGED => Value::Bool(e.name_changed),
        id::FD_DEV => Value::Int(fd.device.cast_signed().into()),
        id::FD_DEV_MAJOR => Value::Int(((fd.device & 0x000f_ff00) >> 8).into()),
        id::FD_DEV_MINOR => Value::Int(((fd.device & 0xff) | ((fd.device >> 12) & 0x000f_ff00)).into()),
        id::FD_INO => Value::Int(fd.inode.cast_signed()),
        id::FD_IS_UPPER_LAYER => Value::Bool(fd.upper_layer),
        id::FD_IS_LOWER_LAYER => Value::Bool(fd.lower_layer),
        _ => return socket::extract(e, fd, field),
    })
}

/// The kinds of all descriptors of the process, each once; or the kind of one of them.
fn types<'s>(e: &'s Replayed<'_>, argument: FieldArgument<'_>) -> Option<Value<'s>> {
    if let FieldArgument::Index(number) = argument {
        return Some(Value::List(vec![word(e.fd_number(number.into())?.kind.name())]));
    }
    let owner = e.slot.and_then(|slot| e.replayer.threads.table_owner(slot));
    let owner = owner.and_then(|owner| e.replayer.threads.get(owner));
    let mut names: Vec<&'static str> = Vec::new();
    for fd in owner.map(|owner| owner.fds.sorted()).unwrap_or_default() {
        if !names.contains(&fd.kind.name()) {
            names.push(fd.kind.name());
        }
    }
    (!names.is_empty()).then(|| Value::List(names.into_iter().map(word).collect()))
}

fn name<'s>(e: &'s Replayed<'_>, fd: Option<&'s Fd>, field: FieldId) -> Option<Value<'s>> {
    if let Some(fd) = fd
        && field == id::FD_NAME
    {
        return Some(if is_sane(fd.name()) { Value::text(fd.name()) } else { owned(sanitized(fd.name())) });
    }
    let name = match fd {
        Some(fd) => sanitized(fd.name()),
        None => name_of_failed(e, false)?,
    };
    Some(owned(in_container(e, field == id::FD_CONTAINERNAME, name)))
}

fn directory_field<'s>(e: &'s Replayed<'_>, fd: Option<&'s Fd>, field: FieldId) -> Option<Value<'s>> {
    let found = match fd {
        Some(fd) if fd.kind.is_file() => directory(&sanitized(fd.name())).to_vec(),
        Some(fd) if fd.kind == crate::replay::descriptor::FdKind::Directory => sanitized(fd.name()),
        Some(_) => return None,
        None => directory(&name_of_failed(e, false)?).to_vec(),
    };
    Some(owned(in_container(e, field == id::FD_CONTAINERDIRECTORY, found)))
}

fn in_container(e: &Replayed<'_>, wanted: bool, text: Vec<u8>) -> Vec<u8> {
    if wanted { [e.container_id().as_bytes(), b":", &text].concat() } else { text }
}

/// A call that should have made a descriptor and failed tells the name it was asked for.
fn name_of_failed(e: &Replayed<'_>, raw: bool) -> Option<Vec<u8>> {
    if !e.facts.is_exit {
        return None;
    }
    let args = Args::of(e.event);
    Some(match e.event.code {
        code::SYSCALL_OPEN_X
        | code::SYSCALL_CREAT_X
        | code::SOCKET_ACCEPT_5_X
        | code::SOCKET_ACCEPT4_6_X
        | code::SOCKET_CONNECT_X => render::parameter(e, 1)?.shown(),
        code::SYSCALL_OPENAT_2_X | code::SYSCALL_OPENAT2_X => {
            let name = args.text(2);
            if raw {
                sanitized(name)
            } else {
                let base = e.replayer.base_directory(e.slot, name, args.i64(1));
                sanitized(&concatenate(&base, name))
            }
        }
        code::SYSCALL_OPEN_BY_HANDLE_AT_X => sanitized(args.text(3)),
        _ => Vec::new(),
    })
}

/// What a failed call would have made.
fn letter_of_failed(e: &Replayed<'_>) -> &'static str {
    match e.event.code {
        code::SYSCALL_OPEN_X | code::SYSCALL_OPENAT_2_X | code::SYSCALL_OPENAT2_X | code::SYSCALL_CREAT_X => {
            "f"
        }
        code::SOCKET_SOCKET_X | code::SOCKET_ACCEPT_5_X | code::SOCKET_ACCEPT4_6_X => "4",
        code::SYSCALL_PIPE_X | code::SYSCALL_PIPE2_X => "p",
        code::SYSCALL_EVENTFD_X | code::SYSCALL_EVENTFD2_X => "e",
        code::SYSCALL_SIGNALFD_X | code::SYSCALL_SIGNALFD4_X => "s",
        code::SYSCALL_TIMERFD_CREATE_X => "t",
        code::SYSCALL_INOTIFY_INIT_X | code::SYSCALL_INOTIFY_INIT1_X => "i",
        _ => "o",
    }
}
