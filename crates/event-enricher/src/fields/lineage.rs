//! `proc.p*`, `proc.a*` and the leaders of session and group: the relatives of the caller.

use event::{FieldArgument, FieldId, Value, field_id as id};

use super::{
    int,
    process::{arguments, environment, image, start_ns},
};
use crate::{
    Enriched,
    limits::{ANCESTORS_MAX, ENVIRONMENT_ANCESTORS_MAX},
    process::{Image, Process},
};

pub(super) fn extract<'s>(
    e: &'s Enriched<'_>,
    process: &'s Process,
    field: FieldId,
    argument: FieldArgument<'_>,
) -> Option<Value<'s>> {
    let parent = || e.ancestors().next();
    Some(match field {
        id::PROC_PNAME => Value::text(&image(parent()?)?.comm),
        id::PROC_PEXE => Value::text(&image(parent()?)?.exe),
        id::PROC_PEXEPATH => Value::text(image(parent()?)?.exepath.as_deref()?),
        id::PROC_PCMDLINE => Value::text(image(parent()?)?.cmdline()),
        id::PROC_PPID => int(Some(process.parent_pid).filter(|pid| *pid > 0)?),
        id::PROC_PVPID => int(parent()?.vpid?),
        id::PROC_PPID_TS => Value::Uint(start_ns(e, parent()?)?),
        id::PROC_PPID_DURATION => Value::Uint(e.event.timestamp.0.saturating_sub(start_ns(e, parent()?)?)),
        id::PROC_ANAME => ancestors(e, argument, |process| Some(Value::text(&image(process)?.comm)))?,
        id::PROC_AEXE => ancestors(e, argument, |process| Some(Value::text(&image(process)?.exe)))?,
        id::PROC_AEXEPATH => {
            ancestors(e, argument, |process| Some(Value::text(image(process)?.exepath.as_deref()?)))?
        }
        id::PROC_ACMDLINE => ancestors(e, argument, |process| Some(Value::text(image(process)?.cmdline())))?,
        id::PROC_AARGS => ancestors(e, argument, |process| arguments(image(process)?, FieldArgument::None))?,
        id::PROC_APID => ancestors(e, argument, |process| Some(int(process.pid)))?,
        id::PROC_AENV => ancestors_environment(e, argument)?,
        id::PROC_LOGINSHELLID => int(login_shell(e)?),
        id::PROC_SNAME => Value::text(&image(leader(e, session(e, process)?)?)?.comm),
        id::PROC_SID_EXE => Value::text(&image(leader(e, session(e, process)?)?)?.exe),
        id::PROC_SID_EXEPATH => Value::text(image(leader(e, session(e, process)?)?)?.exepath.as_deref()?),
        id::PROC_PGID_NAME | id::PROC_VPGID_NAME => Value::text(&group_leader(e, process)?.comm),
        id::PROC_PGID_EXE | id::PROC_VPGID_EXE => Value::text(&group_leader(e, process)?.exe),
        id::PROC_PGID_EXEPATH | id::PROC_VPGID_EXEPATH => {
            Value::text(group_leader(e, process)?.exepath.as_deref()?)
        }
        _ => return None,
    })
}

/// With an index the relative at that distance (0 is the process itself), without one any
/// ancestor (Falco: the process itself is not among them).
fn ancestors<'s, 'e: 's>(
    e: &'s Enriched<'e>,
    argument: FieldArgument<'_>,
    of: impl Fn(&'e Process) -> Option<Value<'s>>,
) -> Option<Value<'s>> {
    match argument {
        FieldArgument::Index(0) => of(e.process?),
        FieldArgument::Index(distance) => {
            let distance = usize::try_from(distance).ok().filter(|distance| *distance <= ANCESTORS_MAX)?;
            of(e.ancestors().nth(distance - 1)?)
        }
        FieldArgument::None => {
            let all: Vec<Value<'s>> = e.ancestors().filter_map(of).collect();
            (!all.is_empty()).then_some(Value::AnyOf(all))
        }
        FieldArgument::Key(_) => None,
    }
}

/// `proc.aenv[NAME]` is the nearest ancestor's value, `proc.aenv[2]` an ancestor's environment.
fn ancestors_environment<'s>(e: &'s Enriched<'_>, argument: FieldArgument<'_>) -> Option<Value<'s>> {
    match argument {
        FieldArgument::Key(name) => {
            let mut near = e.ancestors().take(ENVIRONMENT_ANCESTORS_MAX);
            let value = near.find_map(|process| {
                image(process)?.environment_value(name).filter(|value| !value.is_empty())
            });
            Some(Value::text(value.unwrap_or_default()))
        }
        _ => ancestors(e, argument, |process| environment(image(process)?, FieldArgument::None)),
    }
}

/// The oldest shell among the process and its ancestors. Falco: a shell's name ends with `sh`.
fn login_shell(e: &Enriched<'_>) -> Option<u32> {
    let all = e.process.into_iter().chain(e.ancestors());
    let shells = all.filter(|process| image(process).is_some_and(|image| image.comm.ends_with(b"sh")));
    shells.last().map(|process| process.pid)
}

/// Session id as the host sees it: 0 for what the kernel or pid 1 started without a session of
/// its own, which is a value and has no leader. No event tells it after a `setsid` that was not
/// shipped.
pub(super) fn session(e: &Enriched<'_>, process: &Process) -> Option<u32> {
    let late = e.late_stat(process).map(|stat| stat.sid);
    late.or(process.sid)
}

/// Process group id as the host sees it; 0 as for sessions.
pub(super) fn group(e: &Enriched<'_>, process: &Process) -> Option<u32> {
    process.pgid.or_else(|| Some(e.late_stat(process)?.pgid))
}

fn leader<'s>(e: &'s Enriched<'_>, pid: u32) -> Option<&'s Process> {
    e.enricher.processes.by_pid(pid)
}

fn group_leader<'s>(e: &'s Enriched<'_>, process: &Process) -> Option<&'s Image> {
    image(leader(e, group(e, process)?)?)
}
