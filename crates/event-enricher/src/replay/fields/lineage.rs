//! `proc.p*`, `proc.a*` and the leaders of session and group: the relatives of the caller.

use event::{FieldArgument, FieldId, Value, field_id as id};

use super::{
    process::{arguments, open_count, since},
    values::owned,
};
use crate::{
    limits::{ANCESTORS_MAX, ENVIRONMENT_ANCESTORS_MAX},
    replay::{
        Replayed,
        thread::{Program, Thread, with_blanks},
    },
};

pub(super) fn extract<'s>(
    e: &'s Replayed<'_>,
    of: &'s Thread,
    field: FieldId,
    argument: FieldArgument<'_>,
) -> Option<Value<'s>> {
    let parent = || {
        let threads = &e.replayer.threads;
        threads.get(threads.ancestor_process(e.slot?, 1)?)
    };
    Some(match field {
        id::PROC_PNAME => Value::text(&parent()?.program.comm),
        id::PROC_PEXE => Value::text(&parent()?.program.exe),
        id::PROC_PEXEPATH => Value::text(&parent()?.program.exepath),
        id::PROC_PCMDLINE => Value::text(parent()?.program.cmdline()),
        id::PROC_PPID => Value::Int(parent()?.pid),
        id::PROC_PVPID => Value::Int(parent()?.vpid),
        id::PROC_PPID_TS => Value::Uint(e.replayer.threads.find(of.ptid)?.clone_ns),
        // Where the parent's birth was not seen, libsinsp goes on to the next field of its list.
        id::PROC_PPID_DURATION => match parent()?.clone_ns {
            0 => open_count(e),
            clone_ns => since(e, clone_ns)?,
        },
        id::PROC_ANAME => ancestor(e, argument, |of| Some(Value::text(&of.program.comm)))?,
        id::PROC_AEXE => ancestor(e, argument, |of| Some(Value::text(&of.program.exe)))?,
        id::PROC_AEXEPATH => ancestor(e, argument, |of| Some(Value::text(&of.program.exepath)))?,
        id::PROC_ACMDLINE => ancestor(e, argument, |of| Some(Value::text(of.program.cmdline())))?,
        id::PROC_AARGS => ancestor(e, argument, |of| arguments(&of.program, FieldArgument::None))?,
        id::PROC_APID => ancestor(e, argument, |of| Some(Value::Int(of.pid)))?,
        id::PROC_AENV => environment(e, argument)?,
        id::PROC_LOGINSHELLID => Value::Int(login_shell(e)?),
        id::PROC_SNAME => leader(e, of.sid, |of| of.sid, true, |program| &program.comm),
        id::PROC_SID_EXE => leader(e, of.sid, |of| of.sid, true, |program| &program.exe),
        id::PROC_SID_EXEPATH => leader(e, of.sid, |of| of.sid, true, |program| &program.exepath),
        id::PROC_VPGID_NAME => leader(e, of.vpgid, |of| of.vpgid, true, |program| &program.comm),
        id::PROC_VPGID_EXE => leader(e, of.vpgid, |of| of.vpgid, true, |program| &program.exe),
        id::PROC_VPGID_EXEPATH => leader(e, of.vpgid, |of| of.vpgid, true, |program| &program.exepath),
        id::PROC_PGID_NAME => leader(e, of.pgid, |of| of.pgid, false, |program| &program.comm),
        id::PROC_PGID_EXE => leader(e, of.pgid, |of| of.pgid, false, |program| &program.exe),
        id::PROC_PGID_EXEPATH => leader(e, of.pgid, |of| of.pgid, false, |program| &program.exepath),
        _ => return None,
    })
}

/// With an index the process that many generations up (0 is the caller's own), without one any
/// ancestor.
fn ancestor<'s, 'e: 's>(
    e: &'s Replayed<'e>,
    argument: FieldArgument<'_>,
    of: impl Fn(&'e Thread) -> Option<Value<'s>>,
) -> Option<Value<'s>> {
    let threads = &e.replayer.threads;
    match argument {
        FieldArgument::Index(distance) => {
            let distance = usize::try_from(distance).ok().filter(|distance| *distance <= ANCESTORS_MAX)?;
            of(threads.get(threads.ancestor_process(e.slot?, distance)?)?)
        }
        FieldArgument::None => {
            let main = threads.main_of(e.slot?)?;
            let all = threads.ancestors(main).filter_map(|slot| of(threads.get(slot)?)).collect();
            Some(Value::AnyOf(all))
        }
        FieldArgument::Key(_) => None,
    }
}

/// `proc.aenv[NAME]` is the nearest ancestor's value, `proc.aenv[2]` an ancestor's environment.
fn environment<'s>(e: &'s Replayed<'_>, argument: FieldArgument<'_>) -> Option<Value<'s>> {
    let threads = &e.replayer.threads;
    match argument {
        FieldArgument::Key(name) => {
            let Some(mut main) = threads.main_of(e.slot?) else { return Some(Value::text(b"")) };
            for _ in 0..ENVIRONMENT_ANCESTORS_MAX {
                let Some(parent) = threads.parent_of(main).and_then(|parent| threads.main_of(parent)) else {
                    break;
                };
                main = parent;
                let value = Thread::variable(threads.get(main).map_or(&[], |main| &main.env), name);
                if !value.is_empty() {
                    return Some(Value::text(value));
                }
            }
            Some(Value::text(b""))
        }
        _ => ancestor(e, argument, |of| Some(owned(with_blanks(&of.env)))),
    }
}

/// The oldest shell among the process and its ancestors: a shell's name ends with `sh`.
fn login_shell(e: &Replayed<'_>) -> Option<i64> {
    let threads = &e.replayer.threads;
    let main = threads.main_of(e.slot?)?;
    let all = std::iter::once(main).chain(threads.ancestors(main)).filter_map(|slot| threads.get(slot));
    let shells = all.filter(|thread| thread.program.comm.ends_with(b"sh"));
    shells.last().map(|thread| thread.pid)
}

/// The leader of a session or process group: the thread whose id it is, or the oldest ancestor
/// that shares it. Ids of another pid namespace name no thread here. Without one, an empty text.
fn leader<'s, 'e: 's>(
    e: &'s Replayed<'e>,
    wanted: i64,
    own: impl Fn(&Thread) -> i64,
    is_virtual: bool,
    part: impl Fn(&'e Program) -> &'e [u8],
) -> Value<'s> {
    let threads = &e.replayer.threads;
    let found = || {
        if wanted == -1 {
            return None;
        }
        let slot = e.slot?;
        let is_foreign = is_virtual && threads.get(slot)?.is_in_pid_namespace();
        if let Some(leader) = threads.find(wanted).filter(|_| !is_foreign) {
            return Some(leader);
        }
        let ancestors = threads.ancestors(slot).filter_map(|slot| threads.get(slot));
        ancestors.take_while(|thread| own(thread) == wanted).last()
    };
    Value::text(found().map_or(&[], |leader| part(&leader.program)))
}
