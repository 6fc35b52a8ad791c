//! `evt.*`: the event itself.

use event::{FieldArgument, FieldId, ParamType, Value, event_code as code, field_id as id};

use super::values::{owned, word};
use crate::{
    replay::{
        Replayed,
        args::{Args, until_nul},
        codes::Category,
        descriptor::FdKind,
        files::AT_FDCWD,
        paths::concatenate,
        render,
        syscall_names::syscall_name,
    },
    texts::{iso_time, local_time},
};

const NS_PER_SECOND: u64 = 1_000_000_000;
/// libscap's `PPM_O_*` flags.
const O_RDONLY: u32 = 1;
const O_WRONLY: u32 = 2;
const O_CREAT: u32 = 4;
const O_TMPFILE: u32 = 1 << 13;
const O_F_CREATED: u32 = 1 << 14;
/// Anyone may execute.
const EXECUTABLE_BITS: u32 = 0o111;

pub(super) fn extract<'s>(
    e: &'s Replayed<'_>,
    field: FieldId,
    argument: FieldArgument<'_>,
) -> Option<Value<'s>> {
    if field < id::EVT_PLUGINNAME
        || matches!(field, id::EVT_DELTATIME | id::EVT_DELTATIME_S | id::EVT_DELTATIME_NS)
    {
        return number_and_time(e, field);
    }
    let facts = e.facts;
    Some(match field {
        id::EVT_SOURCE => Value::text(b"syscall"),
        id::EVT_IS_ASYNC => Value::Bool(facts.is_meta),
        id::EVT_ASYNCTYPE => asynchronous_name(e)?,
        id::EVT_HOSTNAME => Value::text(&e.replayer.hostname),
        id::EVT_TYPE => name(e)?,
        id::SYSCALL_TYPE if facts.is_syscall => name(e)?,
        id::EVT_TYPE_IS => Value::Uint(u64::from(is_type(e, argument)?)),
        id::EVT_CATEGORY => word(category(e)),
        id::EVT_CPU => Value::Int(i64::from(e.event.cpu.cast_signed())),
        id::EVT_ARGS | id::EVT_INFO => Value::text(e.arguments()),
        id::EVT_ARG => owned(render::parameter(e, parameter_index(e, argument)?)?.shown()),
        id::EVT_RAWARG => raw_argument(e, argument)?,
        id::EVT_ABSPATH => owned(absolute_path(e, argument)?),
        id::EVT_BUFFER => Value::Bytes(e.event.param("data")?.into()),
        id::EVT_BUFLEN => {
            e.fd.filter(|_| facts.is_io() && facts.is_exit)?;
            Value::Uint(u64::try_from(e.result()?).ok()?)
        }
        id::EVT_RES => match e.result()? {
            res if res < 0 => owned(render::parameter(e, 0)?.shown()),
            _ => Value::text(b"SUCCESS"),
        },
        id::EVT_RAWRES => Value::Int(e.result()?),
        id::EVT_FAILED => Value::Bool(e.result()? < 0),
        id::EVT_IS_IO => Value::Bool(facts.reads_fd || facts.writes_fd),
        id::EVT_IS_IO_READ => Value::Bool(facts.reads_fd),
        id::EVT_IS_IO_WRITE => Value::Bool(facts.writes_fd),
        id::EVT_IO_DIR if facts.writes_fd => Value::text(b"write"),
        id::EVT_IO_DIR if facts.reads_fd => Value::text(b"read"),
        id::EVT_IS_WAIT => Value::Bool(facts.waits),
        id::EVT_IS_SYSLOG => Value::Bool(is_syslog(e)),
        id::EVT_IS_OPEN_READ => Value::Bool(open_flags(e).is_some_and(|flags| flags & O_RDONLY != 0)),
        id::EVT_IS_OPEN_WRITE => Value::Bool(open_flags(e).is_some_and(|flags| flags & O_WRONLY != 0)),
        id::EVT_IS_OPEN_EXEC => Value::Bool(opens_executable(e)),
        id::EVT_IS_OPEN_CREATE => Value::Bool(creates(e)),
        _ => return count(e, field),
    })
}

fn number_and_time<'s>(e: &Replayed<'_>, field: FieldId) -> Option<Value<'s>> {
    let time = e.event.timestamp;
    // Before the first event that a thread made, the time counts from 1970.
    let since_first_ns = time.0.wrapping_sub(e.replayer.first_ns.unwrap_or(0));
    Some(match field {
        id::EVT_NUM => Value::Uint(e.event.number),
        id::EVT_TIME => owned(local_time(time, "%H:%M:%S%.9f")?),
        id::EVT_TIME_S => owned(local_time(time, "%H:%M:%S")?),
        id::EVT_TIME_ISO8601 => owned(iso_time(time)?),
        id::EVT_DATETIME => owned(local_time(time, "%Y-%m-%d %H:%M:%S%.9f")?),
        id::EVT_DATETIME_S => owned(local_time(time, "%Y-%m-%d %H:%M:%S")?),
        id::EVT_RAWTIME => Value::Uint(time.0),
        id::EVT_RAWTIME_S => Value::Uint(time.0 / NS_PER_SECOND),
        id::EVT_RAWTIME_NS => Value::Uint(time.0 % NS_PER_SECOND),
        id::EVT_RELTIME => Value::Uint(since_first_ns),
        id::EVT_RELTIME_S => Value::Uint(since_first_ns / NS_PER_SECOND),
        id::EVT_RELTIME_NS => Value::Uint(since_first_ns % NS_PER_SECOND),
        id::EVT_DELTATIME => Value::Uint(e.since_previous_ns),
        id::EVT_DELTATIME_S => Value::Uint(e.since_previous_ns / NS_PER_SECOND),
        id::EVT_DELTATIME_NS => Value::Uint(e.since_previous_ns % NS_PER_SECOND),
        _ => return None,
    })
}

/// `evt.type`: calls without an event type of their own tell their number.
fn name<'s>(e: &'s Replayed<'_>) -> Option<Value<'s>> {
    match e.event.code {
        code::GENERIC_X => syscall_name(Args::of(e.event).u64(0)).map(word),
        code::ASYNCEVENT_E => asynchronous_name(e),
        code => Some(word(code.name())),
    }
}

fn asynchronous_name<'s>(e: &'s Replayed<'_>) -> Option<Value<'s>> {
    let name = e.event.params.get(1).filter(|_| e.event.code == code::ASYNCEVENT_E)?;
    Some(Value::text(until_nul(name)))
}

fn is_type(e: &Replayed<'_>, argument: FieldArgument<'_>) -> Option<bool> {
    match argument {
        FieldArgument::Key(name) => Some(e.event.code.name() == name),
        FieldArgument::Index(number) => Some(u32::from(e.event.code.0) == number),
        FieldArgument::None => None,
    }
}

/// The table's category; that of reads and writes depends on the descriptor.
fn category(e: &Replayed<'_>) -> &'static str {
    match e.facts.category {
        Category::Unknown => "unknown",
        Category::Plain(name) => name,
        Category::Memory => "memory",
        Category::Read | Category::Write | Category::OtherIo => match e.fd.map(|fd| fd.kind) {
            Some(FdKind::OldFile | FdKind::File | FdKind::Directory) => "file",
            Some(kind) if kind.is_ip() => "net",
            Some(
                FdKind::Fifo
                | FdKind::Unix
                | FdKind::Event
                | FdKind::Signal
                | FdKind::Inotify
                | FdKind::Userfault,
            ) => "ipc",
            _ => "unknown",
        },
    }
}

/// The index of the parameter that an argument names, by name or by number.
fn parameter_index(e: &Replayed<'_>, argument: FieldArgument<'_>) -> Option<usize> {
    let index = match argument {
        FieldArgument::Index(index) => usize::try_from(index).ok()?,
        FieldArgument::Key(name) => {
            let by_name = e.event.definition()?.params.iter().position(|param| param.name == name);
            by_name.or_else(|| name.parse().ok())?
        }
        FieldArgument::None => return None,
    };
    (index < e.event.params.len()).then_some(index)
}

/// Numbers as they are; an empty text is `<NA>`, as for libsinsp.
fn raw_argument<'s>(e: &'s Replayed<'_>, argument: FieldArgument<'_>) -> Option<Value<'s>> {
    let index = parameter_index(e, argument)?;
    let param = e.event.definition()?.params.get(index)?;
    let is_text = matches!(param.param_type, ParamType::Charbuf | ParamType::Fspath | ParamType::Fsrelpath);
    if is_text && e.event.params.get(index)?.is_empty() {
        return Some(Value::text(b"<NA>"));
    }
    crate::render::raw(e.event, index)
}

/// `evt.count*`: the counts of errors exist for the events of their own kind only.
fn count<'s>(e: &Replayed<'_>, field: FieldId) -> Option<Value<'s>> {
    let errors = || Some(Value::Uint(u64::from(e.result()? < 0)));
    let kind = e.fd.map(|fd| fd.kind);
    let is_file = match kind {
        Some(kind) => kind.is_file() || kind == FdKind::Directory,
        None => is_open(e) || matches!(e.event.code, code::SYSCALL_CREAT_X),
    };
    let is_net = match kind {
        Some(kind) => kind.is_ip() || kind == FdKind::Unix,
        None => matches!(
            e.event.code,
            code::SOCKET_ACCEPT_5_X | code::SOCKET_ACCEPT4_6_X | code::SOCKET_CONNECT_X
        ),
    };
    let is_memory = e.facts.category == Category::Memory;
    let counts = match field {
        id::EVT_COUNT => return Some(Value::Uint(1)),
        id::EVT_COUNT_EXIT => return e.facts.is_exit.then_some(Value::Uint(1)),
        id::EVT_COUNT_ERROR => true,
        id::EVT_COUNT_ERROR_FILE => is_file,
        id::EVT_COUNT_ERROR_NET => is_net,
        id::EVT_COUNT_ERROR_MEMORY => is_memory,
        id::EVT_COUNT_ERROR_OTHER => !is_file && !is_net && (kind.is_some() || !is_memory),
        _ => false,
    };
    if counts { errors() } else { None }
}

fn is_open(e: &Replayed<'_>) -> bool {
    matches!(
        e.event.code,
        code::SYSCALL_OPEN_X
            | code::SYSCALL_OPENAT_2_X
            | code::SYSCALL_OPENAT2_X
            | code::SYSCALL_OPEN_BY_HANDLE_AT_X
    )
}

/// Places of an open's flags.
fn flags_index(e: &Replayed<'_>) -> usize {
    if matches!(e.event.code, code::SYSCALL_OPENAT_2_X | code::SYSCALL_OPENAT2_X) { 3 } else { 2 }
}

fn open_flags(e: &Replayed<'_>) -> Option<u32> {
    is_open(e).then(|| Args::of(e.event).u32(flags_index(e)))
}

fn opens_executable(e: &Replayed<'_>) -> bool {
    let args = Args::of(e.event);
    if e.event.code == code::SYSCALL_CREAT_X {
        return args.u32(2) & EXECUTABLE_BITS != 0;
    }
    let Some(flags) = open_flags(e).filter(|_| e.event.code != code::SYSCALL_OPEN_BY_HANDLE_AT_X) else {
        return false;
    };
    flags & (O_TMPFILE | O_CREAT) != 0 && args.u32(flags_index(e) + 1) & EXECUTABLE_BITS != 0
}

fn creates(e: &Replayed<'_>) -> bool {
    let Some(flags) = open_flags(e) else { return false };
    let makes_file = flags & O_TMPFILE != 0 && e.result().is_some_and(|res| res >= 0);
    flags & O_F_CREATED != 0 || makes_file
}

fn is_syslog(e: &Replayed<'_>) -> bool {
    let needle = b"/dev/log";
    e.facts.writes_fd && e.fd.is_some_and(|fd| fd.name().windows(needle.len()).any(|window| window == needle))
}

/// `evt.abspath` exists for calls with a directory descriptor; of those with two paths, `src`
/// and `dst` name them.
fn absolute_path(e: &Replayed<'_>, argument: FieldArgument<'_>) -> Option<Vec<u8>> {
    e.slot.filter(|_| e.is_of_thread)?;
    let args = Args::of(e.event);
    let wants_second = argument == FieldArgument::Key("dst");
    let pick = |first, second| if wants_second { second } else { first };
    let (directory, path) = match e.event.code {
        code::SYSCALL_OPEN_BY_HANDLE_AT_X => {
            return (args.i64(0) > 0).then(|| concatenate(b"", args.text(3)));
        }
        code::SYSCALL_RENAMEAT_X | code::SYSCALL_RENAMEAT2_X => {
            pick(("olddirfd", "oldpath"), ("newdirfd", "newpath"))
        }
        code::SYSCALL_LINKAT_2_X => pick(("olddir", "oldpath"), ("newdir", "newpath")),
        code::SYSCALL_SYMLINKAT_X => ("linkdirfd", "linkpath"),
        code::SYSCALL_OPENAT_2_X | code::SYSCALL_OPENAT2_X | code::SYSCALL_UNLINKAT_2_X => ("dirfd", "name"),
        code::SYSCALL_MKDIRAT_X => ("dirfd", "path"),
        code::SYSCALL_FCHMODAT_X => ("dirfd", "filename"),
        code::SYSCALL_FCHOWNAT_X => ("dirfd", "pathname"),
        _ => return None,
    };
    let index = |name| e.event.definition()?.params.iter().position(|param| param.name == name);
    let directory = args.signed(index(directory)?)?;
    let path = until_nul(args.get(index(path)?)?);
    let base = if path.first() == Some(&b'/') {
        b".".to_vec()
    } else if directory == AT_FDCWD {
        e.directory()?.to_vec()
    } else {
        match e.fd_number(directory) {
            Some(fd) => [fd.name(), b"/"].concat(),
            None => b"<UNKNOWN>/".to_vec(),
        }
    };
    Some(concatenate(&base, path))
}
