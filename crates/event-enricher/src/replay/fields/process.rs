//! `proc.*` of the calling thread; what speaks of its relatives is in `lineage.rs`.

use event::{FieldArgument, FieldId, Value, field_id as id};

use super::{lineage, thread, values::owned};
use crate::replay::{
    Replayed,
    args::items,
    descriptor::Fd,
    thread::{Program, Thread, with_blanks},
};

pub(super) fn extract<'s>(
    e: &'s Replayed<'_>,
    field: FieldId,
    argument: FieldArgument<'_>,
) -> Option<Value<'s>> {
    let Some(of) = e.thread else { return thread::of_nobody(e, field) };
    if let Some(value) = program(&of.program, field, argument) {
        return Some(value);
    }
    Some(match field {
        id::PROC_CWD => Value::text(e.directory()?),
        id::PROC_ENV => environment(e, argument)?,
        id::PROC_TTY => Value::Uint(of.tty.into()),
        id::PROC_PID => Value::Int(of.pid),
        id::PROC_VPID => known(of.vpid)?,
        id::PROC_SID => Value::Int(of.sid),
        id::PROC_PGID => Value::Int(of.pgid),
        id::PROC_VPGID => Value::Int(of.vpgid),
        id::PROC_DURATION => since(e, of.clone_ns)?,
        id::PROC_PID_TS => Value::Uint(Some(of.clone_ns).filter(|ns| *ns != 0)?),
        id::PROC_IS_SID_LEADER => Value::Bool(of.sid == of.vpid),
        id::PROC_IS_PGID_LEADER => Value::Bool(of.pgid == of.pid),
        id::PROC_IS_VPGID_LEADER => Value::Bool(of.vpgid == of.vpid),
        id::PROC_EXE_INO_CTIME_DURATION_PROC_START => {
            Value::Uint(Some(of.ctime_to_clone_ns).filter(|ns| *ns != 0)?)
        }
        id::PROC_EXE_INO_CTIME_DURATION_PIDNS_START => {
            Value::Uint(Some(of.ctime_since_pidns_ns).filter(|ns| *ns != 0)?)
        }
        id::PROC_PIDNS_INIT_START_TS => Value::Uint(Some(of.pidns_start_ns).filter(|ns| *ns != 0)?),
        id::PROC_FDOPENCOUNT => open_count(e),
        id::PROC_FDLIMIT => Value::Int(main(e).map_or(0, |main| main.fd_limit)),
        id::PROC_FDUSAGE => Value::Double(usage(e)),
        id::PROC_VMSIZE => Value::Uint(of.usage.size_kb.into()),
        id::PROC_VMRSS => Value::Uint(of.usage.resident_kb.into()),
        id::PROC_VMSWAP => Value::Uint(of.usage.swapped_kb.into()),
        id::PROC_NTHREADS => Value::Uint(group_size(e)),
        id::PROC_NCHILDS => {
            let main_lives = main(e).is_some_and(|main| !main.is_dead());
            Value::Uint(group_size(e).saturating_sub(u64::from(main_lives)))
        }
        id::PROC_STDIN_TYPE => Value::text(standard(e, 0)?.kind.name().as_bytes()),
        id::PROC_STDOUT_TYPE => Value::text(standard(e, 1)?.kind.name().as_bytes()),
        id::PROC_STDERR_TYPE => Value::text(standard(e, 2)?.kind.name().as_bytes()),
        id::PROC_STDIN_NAME => Value::text(standard(e, 0)?.name()),
        id::PROC_STDOUT_NAME => Value::text(standard(e, 1)?.name()),
        id::PROC_STDERR_NAME => Value::text(standard(e, 2)?.name()),
        _ => {
            return lineage::extract(e, of, field, argument)
                .or_else(|| thread::extract(e, of, field, argument));
        }
    })
}

/// What follows from the program alone.
fn program<'s>(of: &'s Program, field: FieldId, argument: FieldArgument<'_>) -> Option<Value<'s>> {
    Some(match field {
        id::PROC_NAME => Value::text(&of.comm),
        id::PROC_EXE => Value::text(&of.exe),
        id::PROC_EXEPATH => Value::text(&of.exepath),
        id::PROC_ARGS => arguments(of, argument)?,
        id::PROC_CMDLINE => Value::text(of.cmdline()),
        id::PROC_EXELINE => Value::text(of.exeline()),
        id::PROC_CMDNARGS => Value::Uint(u64::try_from(items(&of.args).count()).ok()?),
        id::PROC_CMDLENARGS => {
            Value::Uint(u64::try_from(items(&of.args).map(<[u8]>::len).sum::<usize>()).ok()?)
        }
        id::PROC_IS_EXE_WRITABLE => Value::Bool(of.writable),
        id::PROC_IS_EXE_UPPER_LAYER => Value::Bool(of.upper_layer),
        id::PROC_IS_EXE_LOWER_LAYER => Value::Bool(of.lower_layer),
        id::PROC_IS_EXE_FROM_MEMFD => Value::Bool(of.from_memfd),
        id::PROC_EXE_INO => Value::Uint(Some(of.inode).filter(|inode| *inode != 0)?),
        id::PROC_EXE_INO_CTIME => Value::Uint(Some(of.ctime_ns).filter(|ns| *ns != 0)?),
        id::PROC_EXE_INO_MTIME => Value::Uint(Some(of.mtime_ns).filter(|ns| *ns != 0)?),
        _ => return None,
    })
}

/// All arguments, or one of them.
pub(super) fn arguments<'s>(of: &'s Program, argument: FieldArgument<'_>) -> Option<Value<'s>> {
    match argument {
        FieldArgument::Index(index) => items(&of.args).nth(usize::try_from(index).ok()?).map(Value::text),
        FieldArgument::Key(_) => None,
        FieldArgument::None => Some(Value::text(of.joined_args())),
    }
}

/// The whole environment, or one variable; one that is not set is an empty text.
fn environment<'s>(e: &'s Replayed<'_>, argument: FieldArgument<'_>) -> Option<Value<'s>> {
    let env = main(e).or(e.thread).map_or(&[][..], |main| &main.env);
    match argument {
        FieldArgument::Key(name) => Some(Value::text(Thread::variable(env, name))),
        FieldArgument::Index(_) => None,
        FieldArgument::None => Some(owned(with_blanks(env))),
    }
}

pub(super) fn main<'e>(e: &Replayed<'e>) -> Option<&'e Thread> {
    e.replayer.threads.get(e.replayer.threads.main_of(e.slot?)?)
}

pub(super) fn open_count<'s>(e: &Replayed<'_>) -> Value<'s> {
    Value::Uint(u64::try_from(descriptors(e)).unwrap_or(u64::MAX))
}

fn descriptors(e: &Replayed<'_>) -> usize {
    main(e).map_or(0, |main| main.fds.len())
}

fn usage(e: &Replayed<'_>) -> f64 {
    let limit = main(e).map_or(0, |main| main.fd_limit);
    let count = descriptors(e);
    if limit <= 0 {
        0.0
    } else if i64::try_from(count).is_ok_and(|count| count <= limit) {
        count as f64 * 100.0 / limit as f64
    } else {
        100.0
    }
}

fn group_size(e: &Replayed<'_>) -> u64 {
    e.slot.and_then(|slot| e.replayer.threads.group_of(slot)).map_or(0, |group| group.alive)
}

fn standard<'e>(e: &Replayed<'e>, number: i64) -> Option<&'e Fd> {
    e.fd_number(number)
}

/// -1 stands for an id that is not known.
pub(super) fn known<'s>(number: i64) -> Option<Value<'s>> {
    (number != -1).then_some(Value::Int(number))
}

/// Nanoseconds since a thread was born; nothing when that was not seen.
pub(super) fn since<'s>(e: &Replayed<'_>, clone_ns: u64) -> Option<Value<'s>> {
    (clone_ns != 0).then(|| Value::Uint(e.event.timestamp.0.wrapping_sub(clone_ns)))
}
