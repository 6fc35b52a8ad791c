//! `evt.*`: the event itself.

use event::{Direction, EventCode, FieldArgument, FieldId, Value, field_id as id};

use super::{int, owned};
use crate::{
    Enriched,
    descriptor::{Kind, O_CREAT, O_F_CREATED, O_RDONLY, O_TMPFILE, O_WRONLY, open_flags},
    render,
    texts::{iso_time, local_time},
};

const NS_PER_SECOND: u64 = 1_000_000_000;
/// Anyone may execute.
const EXECUTABLE_BITS: i64 = 0o111;

pub(super) fn extract<'s>(
    e: &'s Enriched<'_>,
    field: FieldId,
    argument: FieldArgument<'_>,
) -> Option<Value<'s>> {
    if field < id::EVT_PLUGINNAME
        || matches!(field, id::EVT_DELTATIME | id::EVT_DELTATIME_S | id::EVT_DELTATIME_NS)
    {
        return number_and_time(e, field);
    }
    let event = e.event;
    let is_io = |category| has_category(e, category);
    let opened_with = |wanted| Value::Bool(open_flags(e).is_some_and(|flags| flags & wanted != 0));
    Some(match field {
        id::EVT_SOURCE => Value::text(b"syscall"),
        id::EVT_IS_ASYNC => Value::Bool(false),
        id::EVT_HOSTNAME => Value::text(e.enricher.hostname.as_bytes()),
        id::EVT_TYPE => Value::text(event.name().as_bytes()),
        id::SYSCALL_TYPE if has_category(e, "EC_SYSCALL") => Value::text(event.name().as_bytes()),
        id::EVT_TYPE_IS => Value::Uint(u64::from(type_is(event.code, argument)?)),
        id::EVT_CATEGORY => Value::text(category(e)?.as_bytes()),
        id::EVT_CPU => int(event.cpu),
        id::EVT_ARGS | id::EVT_INFO => Value::text(e.arguments()),
        id::EVT_ARG => owned(render::parameter(e, parameter_index(e, argument)?)?.shown()),
        id::EVT_RAWARG => render::raw(event, parameter_index(e, argument)?)?,
        id::EVT_ABSPATH => owned(absolute_path(e, argument)?),
        id::EVT_BUFFER => Value::Bytes(event.param("data")?.into()),
        id::EVT_BUFLEN => {
            event.param("data")?;
            Value::Uint(u64::try_from(event.number_param("res")?).ok()?)
        }
        id::EVT_RES => match result(e)? {
            res if res < 0 => owned(render::errno(res)),
            _ => Value::text(b"SUCCESS"),
        },
        id::EVT_RAWRES => Value::Int(result(e)?),
        id::EVT_FAILED => Value::Bool(result(e)? < 0),
        id::EVT_COUNT => Value::Uint(1),
        id::EVT_COUNT_ERROR => Value::Uint(u64::from(result(e)? < 0)),
        id::EVT_COUNT_ERROR_FILE => error_count(e, "file")?,
        id::EVT_COUNT_ERROR_NET => error_count(e, "net")?,
        id::EVT_COUNT_ERROR_MEMORY => error_count(e, "memory")?,
        id::EVT_COUNT_ERROR_OTHER => error_count(e, "other")?,
        id::EVT_COUNT_EXIT => Value::Uint(u64::from(event.definition()?.direction == Direction::Exit)),
        id::EVT_IS_IO => Value::Bool(is_io("EC_IO_READ") || is_io("EC_IO_WRITE")),
        id::EVT_IS_IO_READ => Value::Bool(is_io("EC_IO_READ")),
        id::EVT_IS_IO_WRITE => Value::Bool(is_io("EC_IO_WRITE")),
        id::EVT_IO_DIR if is_io("EC_IO_READ") => Value::text(b"read"),
        id::EVT_IO_DIR if is_io("EC_IO_WRITE") => Value::text(b"write"),
        id::EVT_IS_WAIT => Value::Bool(has_flag(e, "EF_WAITS")),
        id::EVT_IS_SYSLOG => Value::Bool(is_syslog(e)),
        id::EVT_IS_OPEN_READ => opened_with(O_RDONLY),
        id::EVT_IS_OPEN_WRITE => opened_with(O_WRONLY),
        id::EVT_IS_OPEN_EXEC => Value::Bool(opens_executable(e)),
        id::EVT_IS_OPEN_CREATE => opened_with(O_TMPFILE | O_F_CREATED),
        _ => return None,
    })
}

fn number_and_time<'s>(e: &Enriched<'_>, field: FieldId) -> Option<Value<'s>> {
    let time = e.event.timestamp;
    let since_first_ns = time.0.saturating_sub(e.enricher.first_ns.unwrap_or(time.0));
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

/// The result of a call: `res`, or the descriptor that it made.
fn result(e: &Enriched<'_>) -> Option<i64> {
    e.event.number_param("res").or_else(|| {
        let first = e.event.definition()?.params.first()?;
        (first.name == "fd").then(|| e.event.number_param("fd")).flatten()
    })
}

/// The index of the parameter that an argument names, by name or by number.
fn parameter_index(e: &Enriched<'_>, argument: FieldArgument<'_>) -> Option<usize> {
    match argument {
        FieldArgument::Index(index) => usize::try_from(index).ok(),
        FieldArgument::Key(name) => {
            let by_name = e.event.definition()?.params.iter().position(|param| param.name == name);
            by_name.or_else(|| name.parse().ok())
        }
        FieldArgument::None => None,
    }
}

fn type_is(code: EventCode, argument: FieldArgument<'_>) -> Option<bool> {
    match argument {
        FieldArgument::Key(name) => Some(code.name() == name),
        FieldArgument::Index(number) => Some(u32::from(code.0) == number),
        FieldArgument::None => None,
    }
}

fn has_category(e: &Enriched<'_>, category: &str) -> bool {
    e.event.definition().is_some_and(|definition| definition.categories.contains(&category))
}

fn has_flag(e: &Enriched<'_>, flag: &str) -> bool {
    e.event.definition().is_some_and(|definition| definition.flags.contains(&flag))
}

/// `evt.category`: the table's, but what a generic I/O call does depends on its descriptor.
fn category(e: &Enriched<'_>) -> Option<&'static str> {
    let categories = e.event.definition()?.categories;
    // The first one tells system calls from tracepoints.
    let own =
        categories.iter().copied().find(|category| !matches!(*category, "EC_SYSCALL" | "EC_TRACEPOINT"))?;
    Some(match own {
        "EC_FILE" => "file",
        "EC_NET" => "net",
        "EC_IPC" => "IPC",
        "EC_MEMORY" => "memory",
        "EC_PROCESS" => "process",
        "EC_SLEEP" => "sleep",
        "EC_SYSTEM" => "system",
        "EC_SIGNAL" => "signal",
        "EC_USER" => "user",
        "EC_TIME" => "time",
        "EC_WAIT" => "wait",
        "EC_SCHEDULER" => "scheduler",
        "EC_INTERNAL" | "EC_METAEVENT" => "internal",
        "EC_IO_BASE" | "EC_IO_READ" | "EC_IO_WRITE" | "EC_IO_OTHER" => match e.descriptor()?.kind {
            Kind::File | Kind::Directory => "file",
            Kind::Ipv4 | Kind::Ipv6 => "net",
            Kind::Unix | Kind::Pipe | Kind::EventFd | Kind::SignalFd | Kind::Inotify => "ipc",
            Kind::Epoll | Kind::TimerFd | Kind::Other => "unknown",
        },
        _ => "other",
    })
}

/// `evt.count.error.*`: each exists for the events of its own kind.
fn error_count<'s>(e: &Enriched<'_>, kind: &str) -> Option<Value<'s>> {
    let failed = result(e)? < 0;
    let own = match category(e) {
        Some("file") => "file",
        Some("net") => "net",
        Some("memory") => "memory",
        _ => "other",
    };
    (own == kind).then(|| Value::Uint(u64::from(failed)))
}

/// Whether an open makes a file that may be executed.
fn opens_executable(e: &Enriched<'_>) -> bool {
    let Some(flags) = open_flags(e) else { return false };
    let mode = e.event.number_param("mode").unwrap_or(0);
    flags & (O_CREAT | O_TMPFILE) != 0 && mode & EXECUTABLE_BITS != 0
}

fn is_syslog(e: &Enriched<'_>) -> bool {
    has_category(e, "EC_IO_WRITE")
        && e.descriptor().is_some_and(|descriptor| descriptor.name.ends_with(b"/dev/log"))
}

/// `evt.abspath`: of calls with two paths, `src` and `dst` name them.
fn absolute_path(e: &Enriched<'_>, argument: FieldArgument<'_>) -> Option<Vec<u8>> {
    let wanted: &[&str] = match argument {
        FieldArgument::Key("src") => &["oldpath"],
        FieldArgument::Key("dst") => &["newpath", "linkpath"],
        _ => &["path", "name", "filename", "pathname"],
    };
    let definition = e.event.definition()?;
    let index = definition.params.iter().position(|param| wanted.contains(&param.name))?;
    let raw = e.event.text_param(definition.params.get(index)?.name)?;
    let directory = definition
        .params
        .get(index)?
        .relative_to_param
        .and_then(|directory| e.event.number_param(definition.params.get(usize::from(directory))?.name));
    Some(e.absolute(raw, directory, None).into_owned()).filter(|path| !path.is_empty())
}
