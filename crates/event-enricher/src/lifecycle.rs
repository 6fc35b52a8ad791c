//! Births, program changes and ends of processes.

use std::sync::Arc;

use event::Event;

use crate::{
    Enricher,
    caller::Caller,
    from_params::{clone_image, exec_image, take_identity},
    limits::ORPHANS_MAX,
    process::{Capabilities, Process, Start},
    table::Slot,
};

/// Falco's `clone_flags`.
pub(crate) const CLONE_THREAD: i64 = 8192;
/// See [`CLONE_THREAD`]: the child's ids are those of another pid namespace.
const CLONE_CHILD_IN_PIDNS: i64 = 536_870_912;

impl Enricher {
    pub(crate) fn apply_clone(&mut self, event: &Event<'_>, caller: &Caller, now_ns: u64) -> Option<Slot> {
        let res = event.number_param("res").unwrap_or(-1);
        let flags = event.number_param("flags").unwrap_or(0);
        if res == 0 {
            if caller.tid == caller.pid {
                return self.add_child(event, caller, now_ns);
            }
            let slot = self.find(caller, now_ns)?;
            self.processes.add_thread(caller.tid, caller.pid);
            let process = self.processes.get_mut(slot)?;
            process.threads = process.threads.saturating_add(1);
            return Some(slot);
        }
        // The parent's half of the event, in captures: the child's own may be lost.
        let parent = self.find(caller, now_ns)?;
        let child = u32::try_from(res).ok().filter(|_| flags & CLONE_CHILD_IN_PIDNS == 0);
        if let Some(child) = child {
            if flags & CLONE_THREAD != 0 {
                self.processes.add_thread(child, caller.pid);
            } else if self.processes.by_pid(child).is_none_or(|process| process.ended_ns.is_some()) {
                let process = self.child_of(parent, child)?;
                self.insert(process, now_ns);
            }
        }
        Some(parent)
    }

    /// A new process, as its own half of the clone event tells.
    fn add_child(&mut self, event: &Event<'_>, caller: &Caller, now_ns: u64) -> Option<Slot> {
        if let (Some(slot), Some(_)) = (self.known(caller), caller.facts) {
            self.refresh(slot, caller, true);
            return Some(slot);
        }
        let told = event.number_param("ptid").and_then(|pid| u32::try_from(pid).ok());
        let parent_pid = caller.facts.map(|facts| facts.parent_pid).or(told).unwrap_or(0);
        let parent = self.processes.slot_of(parent_pid);
        let mut process = match parent.and_then(|parent| self.child_of(parent, caller.pid)) {
            Some(process) => process,
            None => Process { pid: caller.pid, parent_pid, threads: 1, ..Process::default() },
        };
        if let Some(facts) = caller.facts {
            process.start = Start::exact(facts.start_ns);
        }
        take_identity(event, &mut process);
        process.image = Some(clone_image(event, process.image.take()));
        let told_cgroups = event.param("cgroups").filter(|cgroups| !cgroups.is_empty());
        let slot = self.insert(process, now_ns)?;
        self.refresh(slot, caller, false);
        if let Some(cgroups) = told_cgroups {
            self.set_cgroups(slot, Arc::from(cgroups));
        }
        Some(slot)
    }

    /// What a child has from its parent at first.
    fn child_of(&self, parent: Slot, pid: u32) -> Option<Process> {
        let from = self.processes.get(parent)?;
        Some(Process {
            pid,
            parent: Some(parent),
            parent_pid: from.pid,
            threads: 1,
            sid: from.sid,
            pgid: from.pgid,
            vpgid: from.vpgid,
            tty: from.tty,
            uid: from.uid,
            gid: from.gid,
            loginuid: from.loginuid,
            capabilities: from.capabilities,
            usage: from.usage,
            pidns_start_ns: from.pidns_start_ns,
            cwd: from.cwd.clone(),
            cgroups: from.cgroups.clone(),
            cgroup_id: from.cgroup_id,
            container: from.container.clone(),
            image: from.image.clone(),
            ..Process::default()
        })
    }

    pub(crate) fn apply_exec(&mut self, event: &Event<'_>, caller: &Caller, now_ns: u64) -> Option<Slot> {
        let slot = match self.known(caller) {
            Some(slot) => slot,
            None => {
                self.metrics.unknown_callers.increment();
                // The event itself tells nearly all; /proc only what no event does.
                let told = event.number_param("ptid").and_then(|pid| u32::try_from(pid).ok());
                let parent_pid = caller.facts.map(|facts| facts.parent_pid).or(told).unwrap_or(0);
                let start = Start::exact(caller.facts.map_or(0, |facts| facts.start_ns));
                let slot = self
                    .insert(Process { pid: caller.pid, parent_pid, start, ..Process::default() }, now_ns)?;
                if caller.facts.is_some() {
                    self.learn_parents(slot, now_ns);
                }
                slot
            }
        };
        self.refresh(slot, caller, false);
        let process = self.processes.get_mut(slot)?;
        take_identity(event, process);
        process.image = Some(Arc::new(exec_image(event)));
        process.threads = 1;
        process.late_stat.take();
        let number = |name| event.number_param(name);
        process.tty = number("tty").and_then(|tty| u32::try_from(tty).ok());
        process.vpgid = number("vpgid").and_then(|pgid| u32::try_from(pgid).ok());
        process.pgid = number("pgid").and_then(|pgid| u32::try_from(pgid).ok()).or(process.pgid);
        process.loginuid = number("loginuid").and_then(|uid| u32::try_from(uid).ok());
        if let (Some(inheritable), Some(permitted), Some(effective)) =
            (number("cap_inheritable"), number("cap_permitted"), number("cap_effective"))
        {
            process.capabilities = Some(Capabilities {
                inheritable: inheritable.cast_unsigned(),
                permitted: permitted.cast_unsigned(),
                effective: effective.cast_unsigned(),
            });
        }
        if let Some(cgroups) = event.param("cgroups").filter(|cgroups| !cgroups.is_empty()) {
            self.set_cgroups(slot, Arc::from(cgroups));
        }
        Some(slot)
    }

    pub(crate) fn apply_exit(&mut self, event: &Event<'_>, caller: &Caller, now_ns: u64) -> Option<Slot> {
        self.processes.remove_thread(caller.tid);
        let slot = self.known(caller)?;
        if caller.tid != caller.pid {
            let process = self.processes.get_mut(slot)?;
            process.threads = process.threads.saturating_sub(1);
            return Some(slot);
        }
        let process = self.processes.get_mut(slot)?;
        process.threads = process.threads.saturating_sub(1);
        let orphans: Vec<Slot> = process.children.iter().copied().take(ORPHANS_MAX).collect();
        self.processes.end(slot, now_ns);
        let reaper =
            event.number_param("reaper_tid").and_then(|tid| u32::try_from(tid).ok()).filter(|tid| *tid > 0);
        for orphan in orphans {
            let Some(child) = self.processes.get(orphan) else { continue };
            let parent = match caller.facts {
                // The event names the namespace's init, /proc the true adopter (a sub-reaper such
                // as containerd-shim). Before the kernel has moved the child, /proc names the
                // dead; then the child's own next event settles it.
                Some(_) => {
                    let now = self.proc.stat(child.pid).filter(|stat| stat.start.may_be(child.start));
                    now.map(|stat| stat.parent_pid).filter(|pid| *pid != caller.pid)
                }
                None => reaper,
            };
            if let Some(parent) = parent {
                self.processes.adopt(orphan, parent);
            }
        }
        Some(slot)
    }
}
