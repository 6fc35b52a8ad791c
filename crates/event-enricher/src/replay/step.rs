//! One event: whose it is, which descriptor it is about, and which part of the state it changes.

use event::{Event, Params, event_code as code};

use super::{
    Replayer,
    args::Args,
    codes::CodeFacts,
    descriptor::FdKind,
    files::O_CLOEXEC,
    thread::{Entered, flag},
    thread_table::Slot,
    transfer::Way,
};
use crate::limits::ENTERED_BYTES_MAX;

/// libscap's `epoll_create1` flag.
const EPOLL_CLOEXEC: u32 = 1;

/// What is known around the event at hand.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Current {
    /// The thread that the state was changed for.
    pub(crate) slot: Option<Slot>,
    /// The descriptor that the event is about: the thread that has it, and its number.
    pub(crate) fd: Option<(Slot, i64)>,
    /// The event gave that descriptor another name.
    pub(crate) name_changed: bool,
}

impl Replayer {
    /// Finds the thread and the descriptor of an event.
    pub(crate) fn begin(&mut self, event: &Event<'_>) -> Current {
        let facts = CodeFacts::of(event.code);
        let tid = tid_of(event);
        let mut current = Current::default();
        if facts.skips_state {
            if event.code == code::PROCINFO_E {
                current.slot = self.threads.slot_of(tid);
            }
            return current;
        }
        let is_own = matches!(
            event.code,
            code::CONTAINER_JSON_2_E
                | code::USER_ADDED_E
                | code::USER_DELETED_E
                | code::GROUP_ADDED_E
                | code::GROUP_DELETED_E
                | code::PLUGINEVENT_E
                | code::ASYNCEVENT_E
        );
        if is_own {
            self.containers.note(event);
            return current;
        }
        let may_invent = !matches!(
            event.code,
            code::SYSCALL_CLONE_20_X
                | code::SYSCALL_CLONE3_X
                | code::SYSCALL_FORK_20_X
                | code::SYSCALL_VFORK_20_X
                | code::SCHEDSWITCH_6_E
                | code::PROCEXIT_1_E
        );
        current.slot = if may_invent { self.threads.find_or_invent(tid) } else { self.threads.slot_of(tid) };
        let Some(slot) = current.slot else { return current };
        if event.code == code::SCHEDSWITCH_6_E {
            return current;
        }
        let is_enter = event.code.0.is_multiple_of(2);
        let args = Args::of(event);
        let named = facts.fd_param.and_then(|index| args.signed(usize::from(index)));
        let Some(thread) = self.threads.get_mut(slot) else { return current };
        if is_enter {
            thread.last_fd = -1;
            thread.last_entered = event.code.0;
            if facts.uses_fd {
                thread.last_fd = named.unwrap_or(0);
            }
        } else {
            // An execveat that succeeds returns as an execve.
            let entered = thread.last_entered;
            thread.entered_is_valid = u32::from(entered) + 1 == u32::from(event.code.0)
                || (event.code == code::SYSCALL_EXECVE_19_X && entered == code::SYSCALL_EXECVEAT_E.0);
            if !thread.entered_is_valid {
                thread.last_fd = -1;
            }
            if facts.uses_fd
                && thread.last_fd == -1
                && let Some(number) = named
            {
                thread.last_fd = number;
            }
        }
        if facts.uses_fd {
            let number = thread.last_fd;
            current.fd = self.look_up(slot, number);
        }
        current
    }

    /// Changes the state as the event says.
    pub(crate) fn apply(&mut self, event: &Event<'_>, current: &mut Current) {
        self.apply_to_state(event, current);
        // What an enter event told serves one exit event.
        if event.code.0 % 2 == 1
            && let Some(thread) = current.slot.and_then(|slot| self.threads.get_mut(slot))
            && thread.entered.is_some()
        {
            thread.entered = None;
            thread.entered_is_valid = false;
        }
    }

    fn apply_to_state(&mut self, event: &Event<'_>, current: &mut Current) {
        let args = Args::of(event);
        match event.code {
            code::SYSCALL_OPEN_E
            | code::SYSCALL_CREAT_E
            | code::SYSCALL_OPENAT_2_E
            | code::SYSCALL_OPENAT2_E
            | code::SYSCALL_EXECVE_19_E
                if args.get(0).is_none() => {}
            code::SYSCALL_OPEN_E
            | code::SYSCALL_CREAT_E
            | code::SYSCALL_OPENAT_2_E
            | code::SYSCALL_OPENAT2_E
            | code::SYSCALL_EXECVE_19_E
            | code::SYSCALL_EXECVEAT_E
            | code::SOCKET_CONNECT_E => self.store(event, current),
            code::SYSCALL_CLONE_20_X
            | code::SYSCALL_CLONE3_X
            | code::SYSCALL_FORK_20_X
            | code::SYSCALL_VFORK_20_X => self.apply_clone(event, current),
            code::SYSCALL_EXECVE_19_X | code::SYSCALL_EXECVEAT_X => self.apply_exec(event, current),
            code::PROCEXIT_1_E => self.apply_exit(event, current),
            _ => {
                if !self.apply_to_files(event, args, current) && !self.apply_to_sockets(event, args, current)
                {
                    self.apply_to_thread(event, args, current);
                }
            }
        }
    }

    /// Events that open, copy and close descriptors; `false` for all others.
    fn apply_to_files(&mut self, event: &Event<'_>, args: Args<'_>, current: &mut Current) -> bool {
        match event.code {
            code::SYSCALL_OPEN_X
            | code::SYSCALL_CREAT_X
            | code::SYSCALL_OPENAT_2_X
            | code::SYSCALL_OPENAT2_X
            | code::SYSCALL_OPEN_BY_HANDLE_AT_X => self.apply_open(event, args, current),
            code::SYSCALL_CLOSE_X => self.apply_close(args, current),
            code::SYSCALL_CLOSE_RANGE_X => self.apply_close_range(args, current),
            code::SYSCALL_DUP_1_X | code::SYSCALL_DUP2_X | code::SYSCALL_DUP3_X => {
                self.apply_dup(event, args, current);
            }
            code::SYSCALL_FCNTL_X => self.apply_fcntl(args, current),
            code::SYSCALL_PIPE_X => self.apply_pipe(args, 0, current),
            code::SYSCALL_PIPE2_X => self.apply_pipe(args, args.u32(4), current),
            code::SYSCALL_MEMFD_CREATE_X => self.apply_memfd(args, current),
            code::SYSCALL_PIDFD_OPEN_X => self.apply_pidfd_open(args, current),
            code::SYSCALL_PIDFD_GETFD_X => self.apply_pidfd_getfd(args, current),
            code::SYSCALL_EVENTFD_X => self.apply_made(args, FdKind::Event, 0, current),
            code::SYSCALL_EVENTFD2_X => self.apply_made(args, FdKind::Event, args.u32(1), current),
            code::SYSCALL_SIGNALFD_X => self.apply_made(args, FdKind::Signal, 0, current),
            code::SYSCALL_SIGNALFD4_X => self.apply_made(args, FdKind::Signal, args.u32(1), current),
            code::SYSCALL_TIMERFD_CREATE_X => self.apply_made(args, FdKind::Timer, 0, current),
            code::SYSCALL_INOTIFY_INIT_X => self.apply_made(args, FdKind::Inotify, 0, current),
            code::SYSCALL_INOTIFY_INIT1_X => self.apply_made(args, FdKind::Inotify, args.u32(1), current),
            code::SYSCALL_BPF_2_X => self.apply_made(args, FdKind::Bpf, 0, current),
            code::SYSCALL_USERFAULTFD_X => self.apply_made(args, FdKind::Userfault, 0, current),
            code::SYSCALL_IO_URING_SETUP_X => self.apply_made(args, FdKind::IoUring, 0, current),
            code::SYSCALL_EPOLL_CREATE_X => self.apply_made(args, FdKind::EventPoll, 0, current),
            code::SYSCALL_EPOLL_CREATE1_X => {
                let flags = if args.u32(1) & EPOLL_CLOEXEC != 0 { O_CLOEXEC } else { 0 };
                self.apply_made(args, FdKind::EventPoll, flags, current);
            }
            _ => return false,
        }
        true
    }

    /// Events that make sockets and tell their ends; `false` for all others.
    fn apply_to_sockets(&mut self, event: &Event<'_>, args: Args<'_>, current: &mut Current) -> bool {
        match event.code {
            code::SOCKET_SOCKET_X => self.apply_socket(args, current),
            code::SOCKET_BIND_X => self.apply_bind(args, current),
            code::SOCKET_CONNECT_X => self.apply_connect(args, current),
            code::SOCKET_ACCEPT_5_X | code::SOCKET_ACCEPT4_6_X => self.apply_accept(args, current),
            code::SOCKET_SOCKETPAIR_X => self.apply_socketpair(args, current),
            code::SYSCALL_READ_X | code::SYSCALL_READV_X | code::SYSCALL_PREAD_X | code::SYSCALL_PREADV_X => {
                self.apply_transfer(args, None, Way::In, current)
            }
            code::SOCKET_RECVFROM_X => self.apply_transfer(args, Some(2), Way::In, current),
            code::SOCKET_RECVMSG_X => self.apply_transfer(args, Some(3), Way::In, current),
            code::SOCKET_RECV_X | code::SOCKET_RECVMMSG_X => {
                self.apply_transfer(args, Some(4), Way::In, current);
            }
            code::SYSCALL_WRITE_X
            | code::SYSCALL_WRITEV_X
            | code::SYSCALL_PWRITE_X
            | code::SYSCALL_PWRITEV_X => self.apply_transfer(args, None, Way::Out, current),
            code::SOCKET_SEND_X | code::SOCKET_SENDTO_X | code::SOCKET_SENDMSG_X => {
                self.infer_socket(args, current);
                self.apply_transfer(args, Some(4), Way::Out, current);
            }
            code::SOCKET_SENDMMSG_X => self.apply_transfer(args, Some(4), Way::Out, current),
            _ => return false,
        }
        true
    }

    /// Keeps an enter event for its exit event.
    fn store(&mut self, event: &Event<'_>, current: &Current) {
        let Some(thread) = current.slot.and_then(|slot| self.threads.get_mut(slot)) else { return };
        let params = event.params.to_bytes(|_| true);
        if params.len() <= ENTERED_BYTES_MAX {
            thread.entered =
                Some(Box::new(Entered { code: event.code.0, count: event.params.len(), params }));
        }
    }

    /// Takes the enter event of the exit event at hand, when it was seen.
    pub(crate) fn take_entered(&mut self, code: u16, current: &Current) -> Option<Box<Entered>> {
        let thread = self.threads.get_mut(current.slot?)?;
        if !thread.entered_is_valid {
            return None;
        }
        let entered = thread.entered.take()?;
        let is_execveat = code == code::SYSCALL_EXECVE_19_X.0 && entered.code == code::SYSCALL_EXECVEAT_E.0;
        (is_execveat || u32::from(entered.code) + 1 == u32::from(code)).then_some(entered)
    }

    pub(crate) fn thread_flags(&mut self, slot: Slot, flags: u32) {
        if let Some(thread) = self.threads.get_mut(slot) {
            thread.flags |= flags | flag::ACTIVE;
        }
    }
}

impl Entered {
    /// The parameters; none when they cannot be read.
    pub(crate) fn args(&self) -> Option<Args<'_>> {
        Params::parse(self.count, &self.params).ok().map(Args::new)
    }
}

/// Thread id of an event; -1 where the recorder had none.
pub(crate) fn tid_of(event: &Event<'_>) -> i64 {
    if event.tid.0 == u32::MAX { -1 } else { i64::from(event.tid.0) }
}
