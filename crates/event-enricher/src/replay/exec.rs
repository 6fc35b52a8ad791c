//! A thread begins another program.

use std::sync::Arc;

use event::{Event, event_code as code};

use super::{
    Replayer,
    args::{Args, NOT_AVAILABLE},
    clone::usage,
    paths::concatenate,
    seed::without_deleted,
    step::Current,
    thread::{Capabilities, Entered, Program, flag},
    thread_table::Slot,
};

/// Falco's `execve_flags`.
const EXE_WRITABLE: u32 = 1;
const EXE_UPPER_LAYER: u32 = 2;
const EXE_FROM_MEMFD: u32 = 4;
const EXE_LOWER_LAYER: u32 = 8;
/// libscap's `AT_EMPTY_PATH`.
const AT_EMPTY_PATH: u32 = 1;

impl Replayer {
    pub(crate) fn apply_exec(&mut self, event: &Event<'_>, current: &mut Current) {
        let args = Args::of(event);
        if args.i64(0) < 0 {
            return;
        }
        let Some(slot) = current.slot else { return };
        self.revive(slot);
        let exepath = self.exepath_of_exec(event, args, slot, current);
        self.take_program(args, slot, exepath);
        self.take_identity(args, slot);
        self.take_executable_times(args, slot);
        let Some(thread) = self.threads.get_mut(slot) else { return };
        let kept = flag::PIPE_SOURCE | flag::PIPE_DESTINATION | flag::IS_MAIN_THREAD | flag::CLONE_INVERTED;
        thread.flags = flag::ACTIVE | flag::NAME_CHANGED | (thread.flags & kept);
        self.settle_container(slot);
        if let Some(thread) = self.threads.table_owner(slot).and_then(|owner| self.threads.get_mut(owner)) {
            thread.fds.close_on_exec();
        }
        self.end_other_threads(slot);
    }

    /// A thread that was not the first one took the first one's place after its end.
    fn revive(&mut self, slot: Slot) {
        let Some(thread) = self.threads.get_mut(slot).filter(|thread| thread.is_dead()) else { return };
        thread.flags &= !flag::CLOSED;
        if let Some(group) = self.threads.group_of_mut(slot) {
            group.alive += 1;
        }
    }

    fn take_program(&mut self, args: Args<'_>, slot: Slot, exepath: Option<Vec<u8>>) {
        let Some(thread) = self.threads.get_mut(slot) else { return };
        let exe = args.text(1);
        let comm = if args.get(13).is_some() { args.text(13) } else { exe };
        let former = &thread.program;
        let mut program = Program {
            comm: comm.into(),
            exe: exe.into(),
            args: args.list(2).into(),
            exepath: Arc::clone(&former.exepath),
            ..(**former).clone()
        };
        if let Some(exepath) = exepath {
            program.exepath = without_deleted(&exepath).into();
        }
        if args.get(19).is_some() {
            let flags = args.u32(19);
            program.writable = flags & EXE_WRITABLE != 0;
            program.upper_layer = flags & EXE_UPPER_LAYER != 0;
            program.from_memfd = flags & EXE_FROM_MEMFD != 0;
            program.lower_layer = flags & EXE_LOWER_LAYER != 0;
        }
        if args.get(25).is_some() {
            (program.inode, program.ctime_ns, program.mtime_ns) = (args.u64(23), args.u64(24), args.u64(25));
        }
        thread.program = Arc::new(program);
    }

    fn take_identity(&mut self, args: Args<'_>, slot: Slot) {
        let Some(thread) = self.threads.get_mut(slot) else { return };
        thread.pid = args.i64(4);
        if thread.is_invalid() {
            thread.ptid = args.i64(5);
            if !thread.has(flag::CHILD_IN_PIDNS) {
                (thread.vtid, thread.vpid) = (thread.tid, thread.pid);
            }
            self.threads.relate(slot);
        }
        let Some(thread) = self.threads.get_mut(slot) else { return };
        thread.fd_limit = args.i64(7);
        if let Some(usage) = usage(args) {
            thread.usage = usage;
        }
        if args.get(15).is_some() {
            thread.env = args.list(15).into();
        }
        if args.get(14).is_some() {
            thread.set_cgroups(args.list(14));
        }
        if args.get(16).is_some() {
            thread.tty = args.u32(16);
        }
        thread.vpgid = args.signed(17).unwrap_or(thread.vpgid);
        if args.get(18).is_some() {
            thread.login_uid = args.u32(18);
        }
        if args.get(22).is_some() {
            thread.capabilities =
                Capabilities { inheritable: args.u64(20), permitted: args.u64(21), effective: args.u64(22) };
        }
        if args.get(26).is_some() {
            thread.uid = args.u32(26);
        }
        thread.pgid = args.signed(28).unwrap_or(-1);
        if args.get(29).is_some() {
            thread.gid = args.u32(29);
        }
    }

    fn take_executable_times(&mut self, args: Args<'_>, slot: Slot) {
        let Some(thread) = self.threads.get_mut(slot).filter(|_| args.get(25).is_some()) else { return };
        let ctime_ns = thread.program.ctime_ns;
        if thread.clone_ns != 0 {
            thread.ctime_to_clone_ns = thread.clone_ns.wrapping_sub(ctime_ns);
        }
        if thread.pidns_start_ns != 0 && ctime_ns > thread.pidns_start_ns {
            thread.ctime_since_pidns_ns = ctime_ns - thread.pidns_start_ns;
        }
    }

    /// Path of the executable: the kernel's, or what the enter event of an old capture tells.
    /// `None`: it stays what it was.
    fn exepath_of_exec(
        &mut self,
        event: &Event<'_>,
        args: Args<'_>,
        slot: Slot,
        current: &mut Current,
    ) -> Option<Vec<u8>> {
        if args.get(27).is_some() {
            return Some(args.text(27).to_vec());
        }
        let entered = self.take_entered(event.code.0, current)?;
        let told = entered.args()?;
        if entered.code == code::SYSCALL_EXECVEAT_E.0 {
            return Some(self.exepath_of_execveat(&entered, slot, current));
        }
        let filename = told.text(0);
        if filename == NOT_AVAILABLE {
            return Some(NOT_AVAILABLE.to_vec());
        }
        Some(concatenate(self.directory_of(slot), filename))
    }

    fn exepath_of_execveat(&mut self, entered: &Entered, slot: Slot, current: &mut Current) -> Vec<u8> {
        let Some(told) = entered.args() else { return NOT_AVAILABLE.to_vec() };
        let (directory, name, flags) = (told.i64(0), told.text(1), told.u32(2));
        let base = self.base_directory(Some(slot), name, directory);
        if base != b"." && base != b"<UNKNOWN>" {
            current.fd = self.look_up(slot, directory);
        }
        let is_empty_path = flags & AT_EMPTY_PATH != 0;
        if (!is_empty_path && name == NOT_AVAILABLE) || base == b"<UNKNOWN>" {
            NOT_AVAILABLE.to_vec()
        } else if is_empty_path {
            concatenate(b"", &base)
        } else {
            concatenate(&base, name)
        }
    }

    /// An exec ends all other threads of the process.
    fn end_other_threads(&mut self, slot: Slot) {
        let Some(group) = self.threads.group_of(slot).filter(|group| group.alive > 1) else { return };
        let others: Vec<i64> = group
            .threads
            .iter()
            .filter_map(|other| self.threads.get(*other).filter(|_| *other != slot))
            .filter(|other| !other.is_main())
            .map(|other| other.tid)
            .collect();
        for tid in others {
            self.remove_thread(tid);
        }
    }
}
