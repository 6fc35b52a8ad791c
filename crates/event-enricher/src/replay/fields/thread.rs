//! `thread.*`: the calling thread.

use event::{FieldArgument, FieldId, Value, event_code as code, field_id as id};

use super::{process::known, values::owned};
use crate::{
    limits::PROCESSORS_MAX,
    replay::{
        Replayed,
        args::{Args, items},
        step::tid_of,
        thread::Thread,
    },
    texts::capabilities,
};

pub(super) fn extract<'s>(
    e: &'s Replayed<'_>,
    of: &'s Thread,
    field: FieldId,
    argument: FieldArgument<'_>,
) -> Option<Value<'s>> {
    let of_main = |kb: u32| Value::Uint(if of.is_main() { kb.into() } else { 0 });
    Some(match field {
        id::THREAD_TID => Value::Int(tid_of(e.event)),
        id::THREAD_ISMAIN => Value::Bool(of.is_main()),
        id::THREAD_VTID => known(of.vtid)?,
        id::THREAD_EXECTIME => Value::Uint(run_ns(e)),
        id::THREAD_TOTEXECTIME => {
            let total_ns = of.run_ns.get().wrapping_add(run_ns(e));
            of.run_ns.set(total_ns);
            Value::Uint(total_ns)
        }
        id::THREAD_CPU => processor_time(e, of, 0)?,
        id::THREAD_CPU_USER => processor_time(e, of, 1)?,
        id::THREAD_CPU_SYSTEM => processor_time(e, of, 2)?,
        id::THREAD_CAP_PERMITTED => owned(capabilities(of.capabilities.permitted)),
        id::THREAD_CAP_INHERITABLE => owned(capabilities(of.capabilities.inheritable)),
        id::THREAD_CAP_EFFECTIVE => owned(capabilities(of.capabilities.effective)),
        id::THREAD_PFMAJOR => Value::Uint(of.usage.faults_major),
        id::THREAD_PFMINOR => Value::Uint(of.usage.faults_minor),
        id::THREAD_VMSIZE => of_main(of.usage.size_kb),
        id::THREAD_VMRSS => of_main(of.usage.resident_kb),
        id::THREAD_CGROUPS => {
            let list = cgroups(&of.cgroups);
            owned(Some(list).filter(|list| !list.is_empty())?)
        }
        id::THREAD_CGROUP => match argument {
            FieldArgument::Key(name) => Value::text(cgroup(&of.cgroups, name)?),
            _ => return None,
        },
        _ => return None,
    })
}

/// What is known of an event that no thread made.
pub(super) fn of_nobody<'s>(e: &Replayed<'_>, field: FieldId) -> Option<Value<'s>> {
    match field {
        id::THREAD_TID => Some(Value::Int(tid_of(e.event))),
        id::THREAD_EXECTIME => Some(Value::Uint(run_ns(e))),
        _ => None,
    }
}

/// `thread.exectime`: since the last context switch of the same processor.
fn run_ns(e: &Replayed<'_>) -> u64 {
    if e.event.code != code::SCHEDSWITCH_6_E || usize::from(e.event.cpu) >= PROCESSORS_MAX {
        return 0;
    }
    let Some(last) = e.replayer.switched_ns.get(usize::from(e.event.cpu)) else { return 0 };
    let now = e.event.timestamp.0;
    match last.replace(now) {
        0 => 0,
        last => now.wrapping_sub(last),
    }
}

/// `thread.cpu*`: ticks since the last `procinfo` of the thread, at most 100.
fn processor_time<'s>(e: &Replayed<'_>, of: &Thread, which: usize) -> Option<Value<'s>> {
    if e.event.code != code::PROCINFO_E {
        return None;
    }
    let args = Args::of(e.event);
    let ticks = match which {
        0 => args.u64(0).wrapping_add(args.u64(1)),
        1 => args.u64(0),
        _ => args.u64(1),
    };
    let last = of.cpu_ticks.get(which)?.replace(ticks);
    let spent = if last == 0 { 0 } else { ticks.wrapping_sub(last) };
    Some(Value::Double(spent.min(100) as f64))
}

/// libsinsp's names of some groups differ from the kernel's. A list with an item that is no pair
/// is no list.
fn pairs(list: &[u8]) -> impl Iterator<Item = (Vec<u8>, &[u8])> {
    let is_whole = items(list).all(|item| item.contains(&b'='));
    items(list).filter(move |_| is_whole).filter_map(|item| {
        let at = item.iter().position(|byte| *byte == b'=')?;
        let (name, path) = item.split_at_checked(at)?;
        Some((renamed(name), path.get(1..)?))
    })
}

fn renamed(name: &[u8]) -> Vec<u8> {
    let suffix = b"_cgroup";
    let at = name.windows(suffix.len()).position(|window| window == suffix);
    let name = match at {
        Some(at) => {
            [name.get(..at).unwrap_or_default(), name.get(at + suffix.len()..).unwrap_or_default()].concat()
        }
        None => name.to_vec(),
    };
    match &name[..] {
        b"perf" => b"perf_event".to_vec(),
        b"mem" => b"memory".to_vec(),
        b"io" => b"blkio".to_vec(),
        _ => name,
    }
}

fn cgroups(list: &[u8]) -> Vec<u8> {
    let all: Vec<Vec<u8>> = pairs(list).map(|(name, path)| [&name[..], b"=", path].concat()).collect();
    all.join(&b' ')
}

fn cgroup<'s>(list: &'s [u8], wanted: &str) -> Option<&'s [u8]> {
    pairs(list).find(|(name, _)| name == wanted.as_bytes()).map(|(_, path)| path)
}
