//! Births of threads. Of each, both the parent and the child report; either report may be
//! missing, and in containers only the child's tells ids that the host knows.

use std::sync::Arc;

use event::{Event, event_code as code};

use super::{
    Replayer,
    args::Args,
    step::{Current, tid_of},
    thread::{Program, Shared, Texts, Thread, Usage, flag},
    thread_table::Slot,
};

/// A thread that was born this long ago is another one that had the same id.
const CLONE_STALE_NS: u64 = 2_000_000_000;

/// Parameters of clone events.
mod param {
    pub(super) const EXE: usize = 1;
    pub(super) const ARGS: usize = 2;
    pub(super) const PID: usize = 4;
    pub(super) const PTID: usize = 5;
    pub(super) const FD_LIMIT: usize = 7;
    pub(super) const COMM: usize = 13;
    pub(super) const CGROUPS: usize = 14;
    pub(super) const FLAGS: usize = 15;
    pub(super) const UID: usize = 16;
    pub(super) const GID: usize = 17;
    pub(super) const VTID: usize = 18;
    pub(super) const VPID: usize = 19;
    pub(super) const PIDNS_START: usize = 20;
}

impl Replayer {
    pub(crate) fn apply_clone(&mut self, event: &Event<'_>, current: &mut Current) {
        let args = Args::of(event);
        match args.i64(0) {
            0 => self.apply_child(event, args, current),
            child if child > 0 => self.apply_parent(event, args, child, current),
            _ => {}
        }
    }

    /// The parent's report.
    fn apply_parent(&mut self, event: &Event<'_>, args: Args<'_>, child_tid: i64, current: &mut Current) {
        let tid = tid_of(event);
        current.slot = self.threads.find_or_invent(tid);
        let Some(parent) = current.slot else { return };
        let was_valid = self.threads.get(parent).is_some_and(|thread| !thread.is_invalid());
        if !was_valid {
            self.recover(parent, args);
        }
        let flags = args.u32(param::FLAGS);
        let elsewhere = flag::CHILD_IN_PIDNS | flag::CLONE_NEWPID | flag::CLONE_PARENT;
        let is_in_namespace = self.threads.get(parent).is_some_and(|thread| thread.vtid != tid);
        // A parent that waits for its child reports when the child may be gone again.
        let waits = flags & flag::CLONE_VFORK != 0 || event.code == code::SYSCALL_VFORK_20_X;
        if flags & elsewhere != 0 || is_in_namespace || waits {
            return;
        }
        let mut collided = false;
        if let Some(existing) = self.threads.find(child_tid) {
            if existing.has(flag::CLONE_INVERTED) {
                return;
            }
            self.remove_thread(child_tid);
            collided = true;
        }
        let Some(child) = self.child_of_parent(event, args, child_tid, parent, was_valid) else { return };
        if !was_valid {
            let program = Arc::clone(&child.program);
            if let Some(parent) = self.threads.get_mut(parent) {
                let own = parent.program_mut();
                own.comm = Arc::clone(&program.comm);
                own.exe = Arc::clone(&program.exe);
                own.args = Arc::clone(&program.args);
            }
        }
        if let Some(slot) = self.threads.add(child, true) {
            self.settle_container(slot);
        }
        if collided {
            *current = self.begin(event);
        }
    }

    /// A caller of which nothing was known: its own report tells its ids.
    fn recover(&mut self, slot: Slot, args: Args<'_>) {
        let Some(thread) = self.threads.get_mut(slot) else { return };
        thread.pid = args.i64(param::PID);
        thread.ptid = args.i64(param::PTID);
        match args.signed(param::VPID) {
            Some(vpid) => {
                thread.vtid = args.i64(param::VTID);
                thread.vpid = vpid;
            }
            None => {
                thread.vtid = thread.tid;
                thread.vpid = -1;
            }
        }
        self.threads.relate(slot);
    }

    fn child_of_parent(
        &self,
        event: &Event<'_>,
        args: Args<'_>,
        child_tid: i64,
        parent: Slot,
        parent_is_valid: bool,
    ) -> Option<Thread> {
        let from = self.threads.get(parent)?;
        let mut child = Thread::new(child_tid, &self.threads.blank);
        child.flags = args.u32(param::FLAGS);
        if child.has(flag::CLONE_THREAD) {
            child.pid = from.pid;
            child.ptid = from.ptid;
            // Threads use the main thread's descriptors.
            child.flags |= flag::CLONE_FILES;
        } else {
            if parent_is_valid {
                if let Some(owner) = self.threads.table_owner(parent).and_then(|slot| self.threads.get(slot))
                {
                    child.fds = owner.fds.clone();
                }
                child.cwd = self.shared_directory_of(parent);
                child.env = Arc::clone(&from.env);
            }
            child.pid = child_tid;
            child.ptid = from.tid;
        }
        child.vtid = child.tid;
        child.vpid = child.pid;
        self.take_report(&mut child, event, args, parent_is_valid.then_some(from));
        Some(child)
    }

    /// The child's own report.
    fn apply_child(&mut self, event: &Event<'_>, args: Args<'_>, current: &mut Current) {
        let tid = tid_of(event);
        let mut collided = false;
        if let Some(known) = current.slot.and_then(|slot| self.threads.get(slot))
            && known.clone_ns != 0
        {
            if event.timestamp.0.wrapping_sub(known.clone_ns) < CLONE_STALE_NS {
                if let Some(slot) = current.slot {
                    self.settle_container(slot);
                }
                return;
            }
            self.remove_thread(tid);
            collided = true;
            current.slot = None;
        }
        let mut child = Thread::new(tid, &self.threads.blank);
        child.pid = args.i64(param::PID);
        child.ptid = args.i64(param::PTID);
        match args.signed(param::VPID) {
            Some(vpid) => {
                child.vtid = args.i64(param::VTID);
                child.vpid = vpid;
            }
            None => child.vtid = tid,
        }
        child.flags = args.u32(param::FLAGS) | flag::CLONE_INVERTED;
        let is_leader = !child.has(flag::CLONE_THREAD);
        let model_tid = if is_leader { child.ptid } else { child.pid };
        if !is_leader {
            child.flags |= flag::CLONE_FILES;
        }
        let Some(model) = self.threads.find_or_invent(model_tid) else {
            current.slot = None;
            return;
        };
        let model_is_valid = self.threads.get(model).is_some_and(|thread| !thread.is_invalid());
        if !model_is_valid && !is_leader {
            self.recover_leader(model, &child);
        }
        if model_is_valid && is_leader {
            if let Some(owner) = self.threads.table_owner(model).and_then(|slot| self.threads.get(slot)) {
                child.fds = owner.fds.clone();
            }
            child.cwd = self.shared_directory_of(model);
            if let Some(model) = self.threads.get(model) {
                child.env = Arc::clone(&model.env);
            }
        }
        let from = self.threads.get(model).filter(|_| model_is_valid);
        self.take_report(&mut child, event, args, from);
        if !model_is_valid && !is_leader {
            let program = Arc::clone(&child.program);
            if let Some(leader) = self.threads.get_mut(model) {
                let own = leader.program_mut();
                own.comm = Arc::clone(&program.comm);
                own.exe = Arc::clone(&program.exe);
                own.args = Arc::clone(&program.args);
            }
        }
        // Of the host's own namespace libsinsp has no start in a capture.
        if child.has(flag::CHILD_IN_PIDNS | flag::CLONE_NEWPID) || child.tid != child.vtid {
            child.pidns_start_ns = args.u64(param::PIDNS_START);
        }
        current.slot = self.threads.add(child, true);
        if let Some(slot) = current.slot {
            self.settle_container(slot);
        }
        if collided {
            *current = self.begin(event);
        }
    }

    /// A main thread of which nothing was known: its child shares its ids.
    fn recover_leader(&mut self, slot: Slot, child: &Thread) {
        let Some(leader) = self.threads.get_mut(slot) else { return };
        leader.pid = child.pid;
        leader.ptid = child.ptid;
        leader.vpid = child.vpid;
        leader.vtid = child.vpid;
        self.threads.relate(slot);
    }

    /// What both reports tell of a child, and what it has from the thread it is made after.
    fn take_report(&self, child: &mut Thread, event: &Event<'_>, args: Args<'_>, from: Option<&Thread>) {
        child.program = self.program_of_child(args, from);
        if let Some(from) = from {
            child.sid = from.sid;
            child.vpgid = from.vpgid;
            child.pgid = from.pgid;
            child.tty = from.tty;
            child.login_uid = from.login_uid;
            child.capabilities = from.capabilities;
            child.ctime_to_clone_ns = from.ctime_to_clone_ns;
        }
        child.fd_limit = args.i64(param::FD_LIMIT);
        child.usage = usage(args).unwrap_or_default();
        child.uid = args.u32(param::UID);
        child.gid = args.u32(param::GID);
        if args.get(param::CGROUPS).is_some() {
            let list = args.list(param::CGROUPS);
            match from {
                Some(from) if *from.cgroups == *list => child.cgroups = Arc::clone(&from.cgroups),
                _ => child.set_cgroups(list),
            }
        }
        child.clone_ns = event.timestamp.0;
    }

    /// The program of a child: the same one, unless the report gives it another name.
    fn program_of_child(&self, args: Args<'_>, from: Option<&Thread>) -> Arc<Program> {
        let (exe, list) = (args.text(param::EXE), args.list(param::ARGS));
        let comm = if args.get(param::COMM).is_some() { args.text(param::COMM) } else { exe };
        let model = from.map_or(&*self.threads.blank.program, |from| &*from.program);
        if let Some(from) = from
            && *model.comm == *comm
            && *model.exe == *exe
            && *model.args == *list
        {
            return Arc::clone(&from.program);
        }
        let reuse = |old: &Shared, new: &[u8]| {
            if **old == *new { Arc::clone(old) } else { Arc::from(new) }
        };
        Arc::new(Program {
            comm: reuse(&model.comm, comm),
            exe: reuse(&model.exe, exe),
            args: reuse(&model.args, list),
            texts: Texts::default(),
            ..model.clone()
        })
    }

    fn shared_directory_of(&self, slot: Slot) -> Shared {
        match self.threads.main_of(slot).and_then(|main| self.threads.get(main)) {
            Some(main) => Arc::clone(&main.cwd),
            None => Arc::from(&b"./"[..]),
        }
    }
}

/// Memory and page faults, which clone and exec events tell in the same places.
pub(crate) fn usage(args: Args<'_>) -> Option<Usage> {
    args.get(12)?;
    Some(Usage {
        faults_major: args.u64(8),
        faults_minor: args.u64(9),
        size_kb: args.u32(10),
        resident_kb: args.u32(11),
        swapped_kb: args.u32(12),
    })
}
