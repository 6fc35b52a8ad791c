//! `proc.*` of the calling process; what speaks of its relatives is in `lineage.rs`.

use event::{FieldArgument, FieldId, Value, field_id as id};

use super::{int, lineage, owned};
use crate::{
    Enriched,
    process::{EXE_FROM_MEMFD, EXE_LOWER_LAYER, EXE_UPPER_LAYER, EXE_WRITABLE, Image, Process, items, join},
};

pub(super) fn extract<'s>(
    e: &'s Enriched<'_>,
    field: FieldId,
    argument: FieldArgument<'_>,
) -> Option<Value<'s>> {
    let process = e.process?;
    if let Some(value) = program(process, field, argument) {
        return Some(value);
    }
    Some(match field {
        id::PROC_CWD => owned(with_slash(e.working_directory()?)),
        id::PROC_TTY => Value::Uint(process.tty.or_else(|| Some(e.late_stat(process)?.tty))?.into()),
        id::PROC_PID => int(process.pid),
        id::PROC_VPID => int(process.vpid?),
        id::PROC_SID => int(lineage::session(e, process)?),
        id::PROC_PGID => int(lineage::group(e, process)?),
        id::PROC_VPGID => int(process.vpgid?),
        id::PROC_DURATION => Value::Uint(e.event.timestamp.0.saturating_sub(start_ns(e, process)?)),
        id::PROC_PID_TS => Value::Uint(start_ns(e, process)?),
        id::PROC_IS_SID_LEADER => Value::Bool(lineage::session(e, process)? == process.pid),
        id::PROC_IS_PGID_LEADER => Value::Bool(lineage::group(e, process)? == process.pid),
        id::PROC_IS_VPGID_LEADER => Value::Bool(process.vpgid? == process.vpid?),
        id::PROC_EXE_INO_CTIME_DURATION_PROC_START => {
            // From the last change of the program file to the start of a process that runs it.
            Value::Uint(start_ns(e, process)?.checked_sub(image(process)?.ctime_ns?)?)
        }
        id::PROC_EXE_INO_CTIME_DURATION_PIDNS_START => {
            let namespace = namespace_start_ns(e, process)?;
            Value::Uint(image(process)?.ctime_ns?.checked_sub(namespace)?)
        }
        id::PROC_PIDNS_INIT_START_TS => Value::Uint(namespace_start_ns(e, process)?),
        id::PROC_FDLIMIT => Value::Int(process.usage.descriptors_max?),
        id::PROC_VMSIZE | id::THREAD_VMSIZE => Value::Uint(process.usage.size_kib?),
        id::PROC_VMRSS | id::THREAD_VMRSS => Value::Uint(process.usage.resident_kib?),
        id::PROC_VMSWAP => Value::Uint(process.usage.swapped_kib?),
        id::PROC_NTHREADS => Value::Uint(process.threads.into()),
        // Falco: the threads of the process without its main one.
        id::PROC_NCHILDS => Value::Uint(process.threads.saturating_sub(1).into()),
        id::PROC_STDIN_NAME => owned(standard(e, 0)?.1),
        id::PROC_STDOUT_NAME => owned(standard(e, 1)?.1),
        id::PROC_STDERR_NAME => owned(standard(e, 2)?.1),
        id::PROC_STDIN_TYPE => Value::text(standard(e, 0)?.0.as_bytes()),
        id::PROC_STDOUT_TYPE => Value::text(standard(e, 1)?.0.as_bytes()),
        id::PROC_STDERR_TYPE => Value::text(standard(e, 2)?.0.as_bytes()),
        _ => return lineage::extract(e, process, field, argument),
    })
}

/// What follows from the program image alone.
fn program<'s>(process: &'s Process, field: FieldId, argument: FieldArgument<'_>) -> Option<Value<'s>> {
    let image = image(process)?;
    Some(match field {
        id::PROC_NAME => Value::text(&image.comm),
        id::PROC_EXE => Value::text(&image.exe),
        id::PROC_EXEPATH => Value::text(image.exepath.as_deref()?),
        id::PROC_ARGS => arguments(image, argument)?,
        id::PROC_CMDLINE => Value::text(image.cmdline()),
        id::PROC_EXELINE => Value::text(image.exeline()),
        id::PROC_CMDNARGS => Value::Uint(u64::try_from(image.arguments().count()).ok()?),
        id::PROC_CMDLENARGS => {
            Value::Uint(u64::try_from(image.arguments().map(<[u8]>::len).sum::<usize>()).ok()?)
        }
        id::PROC_ENV => environment(image, argument)?,
        id::PROC_IS_EXE_WRITABLE => flag(image, EXE_WRITABLE)?,
        id::PROC_IS_EXE_UPPER_LAYER => flag(image, EXE_UPPER_LAYER)?,
        id::PROC_IS_EXE_LOWER_LAYER => flag(image, EXE_LOWER_LAYER)?,
        id::PROC_IS_EXE_FROM_MEMFD => flag(image, EXE_FROM_MEMFD)?,
        id::PROC_EXE_INO => Value::Int(image.inode?.cast_signed()),
        id::PROC_EXE_INO_CTIME => Value::Uint(image.ctime_ns?),
        id::PROC_EXE_INO_MTIME => Value::Uint(image.mtime_ns?),
        _ => return None,
    })
}

pub(super) fn image(process: &Process) -> Option<&Image> {
    process.image.as_deref()
}

/// All arguments, or one of them.
pub(super) fn arguments<'s>(image: &'s Image, argument: FieldArgument<'_>) -> Option<Value<'s>> {
    match argument {
        FieldArgument::Index(index) => image.arguments().nth(usize::try_from(index).ok()?).map(Value::text),
        FieldArgument::Key(_) => None,
        FieldArgument::None => Some(Value::text(image.joined_args())),
    }
}

/// The whole environment, or one variable. Falco: a variable that is not set is an empty text.
pub(super) fn environment<'s>(image: &'s Image, argument: FieldArgument<'_>) -> Option<Value<'s>> {
    match argument {
        FieldArgument::Key(name) => Some(Value::text(image.environment_value(name).unwrap_or_default())),
        FieldArgument::Index(_) => None,
        FieldArgument::None => Some(owned(join(items(&image.env)))),
    }
}

fn flag<'s>(image: &Image, flag: u32) -> Option<Value<'s>> {
    // Programs that ran before the sensor did have no flags: nothing was seen of their exec.
    Some(Value::Bool(image.flags? & flag != 0))
}

/// When a process started, as a date.
pub(super) fn start_ns(e: &Enriched<'_>, process: &Process) -> Option<u64> {
    let start = Some(process.start.ns).filter(|start| *start > 0)?;
    e.enricher.boot_ns.checked_add(start)
}

fn namespace_start_ns(e: &Enriched<'_>, process: &Process) -> Option<u64> {
    e.enricher.boot_ns.checked_add(process.pidns_start_ns.filter(|start| *start > 0)?)
}

/// Falco: the working directory ends with a slash.
fn with_slash(path: &[u8]) -> Vec<u8> {
    let mut path = path.to_vec();
    if path.last() != Some(&b'/') {
        path.push(b'/');
    }
    path
}

/// Type and name of a standard stream.
fn standard(e: &Enriched<'_>, number: i64) -> Option<(&'static str, Vec<u8>)> {
    let link = e.descriptor_link(number)?;
    let kind = crate::descriptor::Kind::of_link(&link).name()?;
    let name = if link.first() == Some(&b'/') { link } else { Vec::new() };
    Some((kind, name))
}
