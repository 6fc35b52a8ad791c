//! Taking events into the state: births, program changes, ends, and what else moves.

use std::sync::Arc;

use container_runtimes::container_of_cgroup;
use event::{Event, event_code};

use crate::{
    Enricher,
    caller::Caller,
    limits::{ANCESTORS_MAX, ORPHANS_MAX, RECONCILE_EVERY_NS},
    path,
    process::{Capabilities, Image, InContainer, Process, Start, Usage, items},
    table::Slot,
};

/// Falco's `clone_flags`.
const CLONE_THREAD: i64 = 8192;
/// See [`CLONE_THREAD`]: the child's ids are those of another pid namespace.
const CLONE_CHILD_IN_PIDNS: i64 = 536_870_912;
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
    fn find(&mut self, caller: &Caller, now_ns: u64) -> Option<Slot> {
        if let Some(slot) = self.known(caller) {
            self.refresh(slot, caller, true);
            return Some(slot);
        }
        self.metrics.unknown_callers.increment();
        self.learn(caller, now_ns)
    }

    /// The caller's process if it is in the table and is not a former owner of the pid.
    fn known(&self, caller: &Caller) -> Option<Slot> {
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
    fn learn_parents(&mut self, of: Slot, now_ns: u64) {
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
    fn refresh(&mut self, slot: Slot, caller: &Caller, look_at_cgroups: bool) {
        let Some(facts) = caller.facts else { return };
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

    fn apply_clone(&mut self, event: &Event<'_>, caller: &Caller, now_ns: u64) -> Option<Slot> {
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

    fn apply_exec(&mut self, event: &Event<'_>, caller: &Caller, now_ns: u64) -> Option<Slot> {
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

    fn apply_exit(&mut self, event: &Event<'_>, caller: &Caller, now_ns: u64) -> Option<Slot> {
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

    fn set_cgroups(&mut self, slot: Slot, cgroups: Arc<[u8]>) {
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

/// The container that a list of `subsystem=path` leads to: that of the first path which has one.
pub(crate) fn container_of(cgroups: &[u8]) -> Option<Arc<InContainer>> {
    items(cgroups).find_map(|item| {
        // `name=systemd=/a`: the path starts behind the last equals sign in front of a slash.
        let start = item.windows(2).position(|pair| pair == b"=/")? + 1;
        let (id, runtime) = container_of_cgroup(item.get(start..)?)?;
        Some(Arc::new(InContainer { id, runtime }))
    })
}

/// Parameters that clone and exec events share.
fn take_identity(event: &Event<'_>, process: &mut Process) {
    let number = |name| event.number_param(name);
    let unsigned = |name| number(name).map(i64::cast_unsigned);
    let id = |name| number(name).and_then(|number| u32::try_from(number).ok());
    process.usage = Usage {
        descriptors_max: number("fdlimit"),
        major_faults: unsigned("pgft_maj"),
        minor_faults: unsigned("pgft_min"),
        size_kib: unsigned("vm_size"),
        resident_kib: unsigned("vm_rss"),
        swapped_kib: unsigned("vm_swap"),
    };
    if let Some(cwd) = event.text_param("cwd").filter(|cwd| !cwd.is_empty()) {
        process.cwd = Some(Arc::from(cwd));
    }
    process.uid = id("uid").or(process.uid);
    process.gid = id("gid").or(process.gid);
    process.vpid = id("vpid").or(process.vpid);
    process.pidns_start_ns = unsigned("pidns_init_start_ts").or(process.pidns_start_ns);
}

fn exec_image(event: &Event<'_>) -> Image {
    let text = |name| event.text_param(name).unwrap_or_default();
    let bytes = |name| event.param(name).unwrap_or_default();
    let unsigned = |name| event.number_param(name).map(i64::cast_unsigned);
    Image {
        comm: text("comm").into(),
        exe: text("exe").into(),
        exepath: Some(text("trusted_exepath")).filter(|path| !path.is_empty()).map(Box::from),
        args: bytes("args").into(),
        env: bytes("env").into(),
        flags: event.number_param("flags").and_then(|flags| u32::try_from(flags).ok()),
        inode: unsigned("exe_ino"),
        ctime_ns: unsigned("exe_ino_ctime"),
        mtime_ns: unsigned("exe_ino_mtime"),
        ..Image::default()
    }
}

/// The image of a new child: its parent's, unless that is not known or has another name (the
/// child of a named thread).
fn clone_image(event: &Event<'_>, inherited: Option<Arc<Image>>) -> Arc<Image> {
    let comm = event.text_param("comm").unwrap_or_default();
    match inherited {
        Some(image) if comm.is_empty() || *image.comm == *comm => image,
        Some(image) => Arc::new(image.renamed(comm)),
        None => Arc::new(Image {
            comm: comm.into(),
            exe: event.text_param("exe").unwrap_or_default().into(),
            args: event.param("args").unwrap_or_default().into(),
            ..Image::default()
        }),
    }
}

#[cfg(test)]
#[path = "apply_tests.rs"]
mod tests;
