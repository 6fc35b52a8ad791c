//! Who made an event: from the kernel's words on a live event, from parameters and earlier
//! events in a capture. The only place where that difference shows in the state.

use event::{Event, event_code};

use crate::table::ProcessTable;

/// The calling task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) pid: u32,
    pub(crate) tid: u32,
    pub(crate) facts: Option<Facts>,
}

/// What the kernel said beside the event; a capture has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) start_ns: u64,
    pub(crate) parent_pid: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) vpid: u32,
    pub(crate) cgroup_id: u64,
}

impl Caller {
    pub(crate) fn of(event: &Event<'_>, processes: &ProcessTable) -> Caller {
        if let Some(context) = event.context {
            let facts = Facts {
                start_ns: context.start_time.0,
                parent_pid: context.parent_pid.0,
                uid: context.uid,
                gid: context.gid,
                vpid: context.namespace_pid.0,
                cgroup_id: context.cgroup_id,
            };
            return Caller { pid: context.pid.0, tid: event.tid.0, facts: Some(facts) };
        }
        // Clone and exec events name their process; others name only their thread.
        let named = match event.code {
            event_code::SYSCALL_CLONE_20_X
            | event_code::SYSCALL_CLONE3_X
            | event_code::SYSCALL_FORK_20_X
            | event_code::SYSCALL_VFORK_20_X
            | event_code::SYSCALL_EXECVE_19_X
            | event_code::SYSCALL_EXECVEAT_X => event.number_param("pid"),
            _ => None,
        };
        let pid =
            named.and_then(|pid| u32::try_from(pid).ok()).unwrap_or_else(|| processes.leader_of(event.tid.0));
        Caller { pid, tid: event.tid.0, facts: None }
    }
}
