//! `thread.*`: the calling thread.

use event::{FieldArgument, FieldId, Value, field_id as id};

use super::{int, owned};
use crate::{
    Enriched,
    process::{Process, items},
    texts::capabilities,
};

pub(super) fn extract<'s>(
    e: &'s Enriched<'_>,
    field: FieldId,
    argument: FieldArgument<'_>,
) -> Option<Value<'s>> {
    let process = e.process?;
    let tid = e.event.tid.0;
    Some(match field {
        id::THREAD_TID => int(tid),
        id::THREAD_ISMAIN => Value::Bool(tid == process.pid),
        id::THREAD_VTID => int(namespace_tid(e, process, tid)?),
        id::THREAD_CAP_PERMITTED => owned(capabilities(process.capabilities?.permitted)),
        id::THREAD_CAP_INHERITABLE => owned(capabilities(process.capabilities?.inheritable)),
        id::THREAD_CAP_EFFECTIVE => owned(capabilities(process.capabilities?.effective)),
        id::THREAD_PFMAJOR => Value::Uint(process.usage.major_faults?),
        id::THREAD_PFMINOR => Value::Uint(process.usage.minor_faults?),
        id::THREAD_CGROUPS => owned(cgroups(process.cgroups.as_deref()?)),
        id::THREAD_CGROUP => match argument {
            FieldArgument::Key(subsystem) => Value::text(cgroup(process.cgroups.as_deref()?, subsystem)?),
            _ => return None,
        },
        _ => return None,
    })
}

fn namespace_tid(e: &Enriched<'_>, process: &Process, tid: u32) -> Option<u32> {
    if tid == process.pid {
        return process.vpid;
    }
    e.is_live().then(|| e.enricher.proc.namespace_tid(process.pid, tid)).flatten()
}

/// `subsystem=path` with blanks between them. Falco says `blkio` where the kernel says `io`.
fn cgroups(list: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(list.len());
    for item in items(list) {
        if !text.is_empty() {
            text.push(b' ');
        }
        match item.strip_prefix(b"io=") {
            Some(path) => text.extend_from_slice(&[b"blkio=", path].concat()),
            None => text.extend_from_slice(item),
        }
    }
    text
}

fn cgroup<'s>(list: &'s [u8], subsystem: &str) -> Option<&'s [u8]> {
    let subsystem = if subsystem == "blkio" { "io" } else { subsystem };
    let path =
        |name: &str| items(list).find_map(|item| item.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
    path(subsystem).or_else(|| if subsystem == "io" { path("blkio") } else { None })
}
