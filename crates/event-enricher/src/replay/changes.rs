//! Events that change one thing of their thread: directory, ids, capabilities, limits, memory.

use event::{
    Event, event_code as code,
    tables::{GroupRecord, UserRecord},
};

use super::{
    Replayer,
    args::Args,
    paths::concatenate,
    step::Current,
    thread::{Capabilities, flag},
    thread_table::Slot,
};

/// libscap's number of the limit of open files.
const RLIMIT_NOFILE: u64 = 7;
/// libscap's `prctl` options that have to do with orphans.
const PR_GET_CHILD_SUBREAPER: u32 = 37;
const PR_SET_CHILD_SUBREAPER: u32 = 36;
/// All capabilities that libsinsp knows.
const ALL_CAPABILITIES: u64 = (1 << 41) - 1;

impl Replayer {
    pub(crate) fn apply_to_thread(&mut self, event: &Event<'_>, args: Args<'_>, current: &mut Current) {
        match event.code {
            code::USER_ADDED_E | code::USER_DELETED_E => return self.apply_user(event, args),
            code::GROUP_ADDED_E | code::GROUP_DELETED_E => return self.apply_group(event, args),
            _ => {}
        }
        let Some(slot) = current.slot else { return };
        match event.code {
            code::SYSCALL_CHDIR_X | code::SYSCALL_GETCWD_X if args.i64(0) >= 0 => {
                self.change_directory(slot, args.text(1).to_vec());
            }
            code::SYSCALL_FCHDIR_X if args.i64(0) >= 0 => {
                let to = current.fd.and_then(|(owner, number)| self.fd_at(owner, number));
                if let Some(to) = to.map(|fd| fd.name().to_vec()) {
                    self.change_directory(slot, to);
                }
            }
            code::SYSCALL_BRK_4_X | code::SYSCALL_MMAP_X | code::SYSCALL_MMAP2_X | code::SYSCALL_MUNMAP_X => {
                self.take_memory(slot, args)
            }
            code::SCHEDSWITCH_6_E => self.apply_switch(slot, args),
            code::SYSCALL_GETRLIMIT_X | code::SYSCALL_SETRLIMIT_X => self.apply_rlimit(slot, args),
            code::SYSCALL_PRLIMIT_X => self.apply_prlimit(slot, args),
            code::SYSCALL_SETSID_X if args.i64(0) >= 0 => {
                if let Some(thread) = self.threads.get_mut(slot) {
                    thread.sid = args.i64(0);
                }
            }
            code::SYSCALL_PRCTL_X if args.i64(0) >= 0 => self.apply_prctl(slot, args),
            _ => self.apply_rights(event, slot, args),
        }
    }

    /// Events that change what a thread may do and who it is.
    fn apply_rights(&mut self, event: &Event<'_>, slot: Slot, args: Args<'_>) {
        let res = args.i64(0);
        let Some(thread) = self.threads.get_mut(slot) else { return };
        let set = |id: &mut u32, index: usize| {
            if res == 0 && args.get(index).is_some() {
                *id = args.u32(index);
            }
        };
        match event.code {
            code::SYSCALL_SETUID_X => set(&mut thread.uid, 1),
            code::SYSCALL_SETRESUID_X | code::SYSCALL_SETREUID_X => set(&mut thread.uid, 2),
            code::SYSCALL_SETGID_X => set(&mut thread.gid, 1),
            code::SYSCALL_SETRESGID_X | code::SYSCALL_SETREGID_X => set(&mut thread.gid, 2),
            code::SYSCALL_CAPSET_X if res >= 0 => {
                thread.capabilities =
                    Capabilities { inheritable: args.u64(1), permitted: args.u64(2), effective: args.u64(3) };
            }
            code::SYSCALL_UNSHARE_X | code::SYSCALL_SETNS_X if res >= 0 => {
                let index = if event.code == code::SYSCALL_UNSHARE_X { 1 } else { 2 };
                if args.u32(index) & flag::CLONE_NEWUSER != 0 {
                    thread.capabilities = Capabilities {
                        inheritable: ALL_CAPABILITIES,
                        permitted: ALL_CAPABILITIES,
                        effective: ALL_CAPABILITIES,
                    };
                }
            }
            _ => {}
        }
    }

    /// The whole process moves; libsinsp starts from the calling thread's own directory, which
    /// only a main thread has.
    fn change_directory(&mut self, slot: Slot, to: Vec<u8>) {
        let Some(thread) = self.threads.get(slot) else { return };
        let mut directory = concatenate(&thread.cwd, &to);
        if directory.last() != Some(&b'/') {
            directory.push(b'/');
        }
        let main = self.threads.main_of(slot);
        if let Some(main) = main.and_then(|main| self.threads.get_mut(main))
            && *main.cwd != *directory
        {
            main.cwd = directory.into();
        }
    }

    fn take_memory(&mut self, slot: Slot, args: Args<'_>) {
        let Some(thread) = self.threads.get_mut(slot) else { return };
        if args.get(1).is_some() {
            thread.usage.size_kb = args.u32(1);
        }
        if args.get(3).is_some() {
            thread.usage.resident_kb = args.u32(2);
            thread.usage.swapped_kb = args.u32(3);
        }
    }

    fn apply_switch(&mut self, slot: Slot, args: Args<'_>) {
        if args.get(5).is_none() {
            return;
        }
        if let Some(thread) = self.threads.get_mut(slot) {
            (thread.usage.faults_major, thread.usage.faults_minor) = (args.u64(1), args.u64(2));
        }
        let main = self.threads.main_of(slot);
        if let Some(main) = main.and_then(|main| self.threads.get_mut(main)) {
            main.usage.size_kb = args.u32(3);
            main.usage.resident_kb = args.u32(4);
            main.usage.swapped_kb = args.u32(5);
        }
    }

    fn apply_rlimit(&mut self, slot: Slot, args: Args<'_>) {
        if args.i64(0) < 0 || args.u64(3) != RLIMIT_NOFILE {
            return;
        }
        self.set_fd_limit(slot, args.i64(1));
    }

    fn apply_prlimit(&mut self, slot: Slot, args: Args<'_>) {
        if args.i64(0) != 0 || args.get(6).is_none() || args.u64(6) != RLIMIT_NOFILE {
            return;
        }
        let limit = args.i64(1);
        if limit == -1 || args.get(5).is_none() {
            return;
        }
        let tid = match args.i64(5) {
            0 => self.threads.get(slot).map_or(-1, |thread| thread.tid),
            tid => tid,
        };
        let Some(of) = self.threads.find_or_invent(tid) else { return };
        if self.threads.get(of).is_some_and(|thread| !thread.is_invalid()) {
            self.set_fd_limit(of, limit);
        }
    }

    fn set_fd_limit(&mut self, slot: Slot, limit: i64) {
        let main = self.threads.main_of(slot).filter(|_| limit != -1);
        if let Some(main) = main.and_then(|main| self.threads.get_mut(main)) {
            main.fd_limit = limit;
        }
    }

    fn apply_prctl(&mut self, slot: Slot, args: Args<'_>) {
        let is_about_orphans = matches!(args.u32(1), PR_SET_CHILD_SUBREAPER | PR_GET_CHILD_SUBREAPER);
        if is_about_orphans && let Some(group) = self.threads.group_of_mut(slot) {
            group.is_reaper = args.i64(3) != 0;
        }
    }

    fn apply_user(&mut self, event: &Event<'_>, args: Args<'_>) {
        let container = String::from_utf8_lossy(args.text(5)).into_owned();
        if event.code == code::USER_DELETED_E {
            self.names.remove_user(&container, args.u32(0));
            return;
        }
        let user = UserRecord {
            uid: args.u32(0),
            gid: args.u32(1),
            name: args.text(2).to_vec(),
            home: args.text(3).to_vec(),
            shell: args.text(4).to_vec(),
        };
        self.names.add_user(&container, &user);
    }

    fn apply_group(&mut self, event: &Event<'_>, args: Args<'_>) {
        let container = String::from_utf8_lossy(args.text(2)).into_owned();
        if event.code == code::GROUP_DELETED_E {
            self.names.remove_group(&container, args.u32(0));
            return;
        }
        self.names.add_group(&container, &GroupRecord { gid: args.u32(0), name: args.text(1).to_vec() });
    }
}
