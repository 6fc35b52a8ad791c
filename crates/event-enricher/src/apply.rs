//! Taking events into the state: finding out whose an event is, and what it changes. Births and
//! ends are in `lifecycle.rs`.

use std::sync::Arc;

use event::{Event, event_code};

use crate::{
    Enricher,
    caller::Caller,
    from_params::container_of,
    limits::{ANCESTORS_MAX, RECONCILE_EVERY_NS},
    path,
    process::{Capabilities, Process, Start},
    table::Slot,
};

/// `prctl(PR_SET_NAME)`.
const PR_SET_NAME: i64 = 15;

impl Enricher {
    /// Updates the state with an event; the process that made it.
    pub(crate) fn apply(&mut self, event: &Event<'_>) -> Option<Slot> {
        let now_ns = event.timestamp.0;
        self.reconcile(now_ns, event.context.is_some());
        let caller = Caller::of(event, &self.processes);
        if caller.pid == 0 {
            return None;
        }
        let slot = match event.code {
            event_code::SYSCALL_CLONE_20_X
            | event_code::SYSCALL_CLONE3_X
            | event_code::SYSCALL_FORK_20_X
            | event_code::SYSCALL_VFORK_20_X => self.apply_clone(event, &caller, now_ns),
            event_code::SYSCALL_EXECVE_19_X | event_code::SYSCALL_EXECVEAT_X
                if event.number_param("res").is_some_and(|res| res >= 0) =>
            {
                self.apply_exec(event, &caller, now_ns)
            }
            event_code::PROCEXIT_1_E => self.apply_exit(event, &caller, now_ns),
            _ => {
                let slot = self.find(&caller, now_ns)?;
                self.apply_change(event, slot);
                Some(slot)
            }
        };
        self.metrics.processes.set(i64::try_from(self.processes.len()).unwrap_or(i64::MAX));
        slot
    }

    /// The caller's process, made known when it is not.
    pub(crate) fn find(&mut self, caller: &Caller, now_ns: u64) -> Option<Slot> {
        if let Some(slot) = self.known(caller) {
            self.refresh(slot, caller, true);
            return Some(slot);
        }
        self.metrics.unknown_callers.increment();
        self.learn(caller, now_ns)
    }

    /// The caller's process if it is in the table and is not a former owner of the pid.
    pub(crate) fn known(&self, caller: &Caller) -> Option<Slot> {
        let slot = self.processes.slot_of(caller.pid)?;
        let process = self.processes.get(slot)?;
        let Some(facts) = caller.facts else { return Some(slot) };
        if process.start.may_be(Start::exact(facts.start_ns)) {
            return Some(slot);
        }
        if process.ended_ns.is_none() {
            self.metrics.reused_pids.increment();
        }
        None
    }

    /// Puts a process into the table from what /proc shows, or from the bare facts.
    fn learn(&mut self, caller: &Caller, now_ns: u64) -> Option<Slot> {
        let mut process = match caller.facts {
            Some(facts) => {
                let read = self.proc.read(caller.pid);
                let read = read.filter(|read| read.start.may_be(Start::exact(facts.start_ns)));
                read.unwrap_or_else(|| {
                    self.metrics.unreadable_callers.increment();
                    Process { pid: caller.pid, threads: 1, ..Process::default() }
                })
            }
            None => Process { pid: caller.pid, threads: 1, ..Process::default() },
        };
        if let Some(facts) = caller.facts {
            process.start = Start::exact(facts.start_ns);
            process.parent_pid = facts.parent_pid;
        }
        self.settle(&mut process);
        let slot = self.insert(process, now_ns)?;
        if caller.facts.is_some() {
            self.learn_parents(slot, now_ns);
        }
        self.refresh(slot, caller, false);
        Some(slot)
    }

    /// Reads ancestors from /proc until one is known.
    pub(crate) fn learn_parents(&mut self, of: Slot, now_ns: u64) {
        let mut child = of;
        for _ in 0..ANCESTORS_MAX {
            let Some(process) = self.processes.get(child) else { return };
            let parent_pid = process.parent_pid;
            if parent_pid == 0 || process.parent.is_some() {
                return;
            }
            let Some(mut parent) = self.proc.read(parent_pid) else { return };
            self.settle(&mut parent);
            let Some(slot) = self.insert(parent, now_ns) else { return };
            self.processes.adopt(child, parent_pid);
            child = slot;
        }
    }

    /// Adds a process to the table.
    pub(crate) fn insert(&mut self, process: Process, now_ns: u64) -> Option<Slot> {
        match self.processes.insert(process, now_ns) {
            Ok(slot) => Some(slot),
            Err(_) => {
                self.metrics.table_full.increment();
                None
            }
        }
    }

    /// Takes what the kernel says at each event: ids may have changed, and the parent.
    pub(crate) fn refresh(&mut self, slot: Slot, caller: &Caller, look_at_cgroups: bool) {
        let Some(facts) = caller.facts else { return };
        // Whoever makes an event lives, whatever /proc showed before.
        if !self.suspects.is_empty() {
            self.suspects.remove(&slot);
        }
        let Some(process) = self.processes.get_mut(slot) else { return };
        process.start = Start::exact(facts.start_ns);
        process.uid = Some(facts.uid);
        process.gid = Some(facts.gid);
        process.vpid = Some(facts.vpid);
        let moved = process.cgroup_id != 0 && process.cgroup_id != facts.cgroup_id;
        process.cgroup_id = facts.cgroup_id;
        let (revived, orphaned) =
            (process.ended_ns.is_some(), process.parent_pid != facts.parent_pid || process.parent.is_none());
        if revived {
            self.processes.revive(slot);
        }
        if orphaned {
            self.processes.adopt(slot, facts.parent_pid);
        }
        // runc and its kin put themselves into a group between clone and exec.
        if moved
            && look_at_cgroups
            && let Some(cgroups) = self.proc.cgroups(caller.pid)
        {
            self.set_cgroups(slot, cgroups);
        }
    }

    /// Events that change one thing of their process.
    fn apply_change(&mut self, event: &Event<'_>, slot: Slot) {
        let live = event.context.is_some();
        let succeeded = || event.number_param("res").is_some_and(|res| res >= 0);
        let number = |name| event.number_param(name).and_then(|number| u32::try_from(number).ok());
        let Some(process) = self.processes.get_mut(slot) else { return };
        match event.code {
            // The probes send where it led; a capture has only what was asked for.
            event_code::SYSCALL_CHDIR_X | event_code::SYSCALL_FCHDIR_X
                if event.resolved_path().is_some_and(|to| !to.is_empty()) =>
            {
                process.cwd = event.resolved_path().map(Arc::from);
            }
            event_code::SYSCALL_CHDIR_X if succeeded() => {
                if let Some(to) = event.text_param("path").filter(|to| !to.is_empty()) {
                    let from = process.cwd.as_deref().unwrap_or(b"/");
                    process.cwd = Some(Arc::from(path::absolute(from, to).as_ref()));
                }
            }
            event_code::SYSCALL_SETSID_X if succeeded() => {
                (process.sid, process.pgid) = (Some(process.pid), Some(process.pid));
                process.vpgid = process.vpid;
                process.tty = Some(0);
            }
            event_code::SYSCALL_PRCTL_X
                if succeeded() && event.number_param("option") == Some(PR_SET_NAME) =>
            {
                if let (Some(name), Some(image)) = (event.text_param("arg2_str"), &process.image) {
                    process.image = Some(Arc::new(image.renamed(name)));
                }
            }
            event_code::SYSCALL_CAPSET_X if succeeded() => {
                let mask = |name| event.number_param(name).map(i64::cast_unsigned);
                if let (Some(inheritable), Some(permitted), Some(effective)) =
                    (mask("cap_inheritable"), mask("cap_permitted"), mask("cap_effective"))
                {
                    process.capabilities = Some(Capabilities { inheritable, permitted, effective });
                }
            }
            // Live events bring the effective ids along; in captures these calls do.
            event_code::SYSCALL_SETUID_X if succeeded() && !live => {
                process.uid = number("uid").or(process.uid)
            }
            event_code::SYSCALL_SETGID_X if succeeded() && !live => {
                process.gid = number("gid").or(process.gid)
            }
            event_code::SYSCALL_SETRESUID_X | event_code::SYSCALL_SETREUID_X if succeeded() && !live => {
                process.uid = number("euid").filter(|uid| *uid != u32::MAX).or(process.uid);
            }
            event_code::SYSCALL_SETRESGID_X | event_code::SYSCALL_SETREGID_X if succeeded() && !live => {
                process.gid = number("egid").filter(|gid| *gid != u32::MAX).or(process.gid);
            }
            _ => {}
        }
    }

    /// Fills in what follows from the process's control groups.
    pub(crate) fn settle(&self, process: &mut Process) {
        process.container = process.cgroups.as_deref().and_then(container_of);
    }

    pub(crate) fn set_cgroups(&mut self, slot: Slot, cgroups: Arc<[u8]>) {
        let Some(process) = self.processes.get(slot) else { return };
        if process.cgroups.as_deref() == Some(&*cgroups) {
            return;
        }
        let mut container = container_of(&cgroups);
        // One allocation per container and lineage, not one per process.
        let inherited = process.parent.and_then(|parent| self.processes.get(parent)?.container.clone());
        if inherited.is_some() && inherited == container {
            container = inherited;
        }
        if let Some(process) = self.processes.get_mut(slot) {
            process.cgroups = Some(cgroups);
            process.container = container;
        }
    }

    /// Now and then: what is gone from /proc twice in a row has ended unseen. Twice, because the
    /// exit may still lie in the ring buffer.
    fn reconcile(&mut self, now_ns: u64, live: bool) {
        if !live || now_ns < self.reconcile_at_ns {
            return;
        }
        let first = self.reconcile_at_ns == 0;
        self.reconcile_at_ns = now_ns.saturating_add(RECONCILE_EVERY_NS);
        if first {
            return;
        }
        self.processes.purge(now_ns);
        let gone: Vec<Slot> = self
            .processes
            .living()
            .into_iter()
            .filter(|(pid, _)| !self.proc.exists(*pid))
            .map(|(_, slot)| slot)
            .collect();
        for slot in &gone {
            if self.suspects.contains(slot) {
                self.metrics.missed_exits.increment();
                self.processes.end(*slot, now_ns);
            }
        }
        self.suspects = gone.into_iter().collect();
    }
}

#[cfg(test)]
#[path = "apply_tests.rs"]
mod tests;
