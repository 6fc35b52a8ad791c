//! Descriptors that do not belong to sockets: opened, copied, closed.

use event::{Event, event_code as code};

use super::{
    Replayer,
    args::{Args, NOT_AVAILABLE},
    descriptor::{Fd, FdKind},
    paths::concatenate,
    step::Current,
    thread::flag,
    thread_table::Slot,
};

/// `AT_FDCWD` as libscap writes it.
pub(crate) const AT_FDCWD: i64 = -100;
/// libscap's `PPM_O_*` flags.
const O_DIRECTORY: u32 = 1 << 10;
/// Closed when its process begins another program.
pub(crate) const O_CLOEXEC: u32 = 1 << 12;
const O_F_CREATED: u32 = 1 << 14;
const FD_UPPER_LAYER: u32 = 1 << 15;
const FD_LOWER_LAYER: u32 = 1 << 16;
/// Bits of `creat`'s own parameter.
const UPPER_LAYER_CREAT: u32 = 1;
const LOWER_LAYER_CREAT: u32 = 2;
/// libscap's numbers of the `fcntl` commands that copy a descriptor.
const F_DUPFD: i64 = 1;
const F_DUPFD_CLOEXEC: i64 = 26;
const F_SETFD: i64 = 3;
/// `F_SETFD`'s only flag.
const FD_CLOEXEC: u64 = 1;
/// `memfd_create`'s flag of the same meaning.
const MFD_CLOEXEC: u32 = 1;

/// libscap's flag of `close_range`.
const CLOSE_RANGE_CLOEXEC: u32 = 4;

/// What an open tells.
struct Opened {
    name: Vec<u8>,
    directory: Vec<u8>,
    flags: u32,
    device: u32,
    inode: u64,
}

impl Replayer {
    pub(crate) fn apply_open(&mut self, event: &Event<'_>, args: Args<'_>, current: &mut Current) {
        let Some(slot) = current.slot else { return };
        let entered = if event.code == code::SYSCALL_OPEN_BY_HANDLE_AT_X {
            None
        } else {
            self.take_entered(event.code.0, current)
        };
        let number = args.i64(0);
        if number < 0 {
            return;
        }
        let entered = entered.as_deref().and_then(|entered| entered.args());
        let opened = match event.code {
            code::SYSCALL_OPEN_X => self.opened(args, entered, slot),
            code::SYSCALL_CREAT_X => self.created(args, entered, slot),
            code::SYSCALL_OPEN_BY_HANDLE_AT_X => Opened {
                name: args.text(3).to_vec(),
                directory: Vec::new(),
                flags: args.u32(2),
                device: args.u32(4),
                inode: args.u64(5),
            },
            _ => self.opened_at(event, args, entered, slot),
        };
        let is_directory = opened.flags & O_DIRECTORY != 0;
        let mut fd = Fd::new(if is_directory { FdKind::Directory } else { FdKind::File });
        fd.open_flags = opened.flags;
        (fd.device, fd.inode) = (opened.device, opened.inode);
        fd.set_file_names(&concatenate(&opened.directory, &opened.name), &opened.name);
        fd.upper_layer = opened.flags & FD_UPPER_LAYER != 0;
        fd.lower_layer = opened.flags & FD_LOWER_LAYER != 0;
        current.fd = self.add_fd(slot, number, fd);
    }

    fn opened(&self, args: Args<'_>, entered: Option<Args<'_>>, slot: Slot) -> Opened {
        let (mut name, mut flags) = (args.text(1), args.u32(2));
        if let Some(entered) = entered
            && entered.text(0) != NOT_AVAILABLE
        {
            name = entered.text(0);
            flags = entered.u32(1) | (flags & !(O_F_CREATED - 1));
        }
        let directory = self.directory_of(slot).to_vec();
        Opened { name: name.to_vec(), directory, flags, device: args.u32(4), inode: args.u64(5) }
    }

    fn created(&self, args: Args<'_>, entered: Option<Args<'_>>, slot: Slot) -> Opened {
        let mut name = args.text(1);
        if let Some(entered) = entered.filter(|entered| entered.text(0) != NOT_AVAILABLE) {
            name = entered.text(0);
        }
        let layer = if args.get(3).is_some() && args.get(4).is_some() { args.u32(5) } else { 0 };
        let flags = if layer & UPPER_LAYER_CREAT != 0 {
            FD_UPPER_LAYER
        } else if layer & LOWER_LAYER_CREAT != 0 {
            FD_LOWER_LAYER
        } else {
            0
        };
        let directory = self.directory_of(slot).to_vec();
        Opened { name: name.to_vec(), directory, flags, device: args.u32(3), inode: args.u64(4) }
    }

    fn opened_at(&self, event: &Event<'_>, args: Args<'_>, entered: Option<Args<'_>>, slot: Slot) -> Opened {
        let first = if event.code == code::SYSCALL_OPENAT_2_X { 5 } else { 6 };
        let (mut name, mut flags, mut from) = (args.text(2), args.u32(3), args.signed(1));
        if let Some(entered) = entered
            && entered.text(1) != NOT_AVAILABLE
        {
            name = entered.text(1);
            flags = entered.u32(2) | (flags & !(O_F_CREATED - 1));
            from = entered.signed(0);
        }
        let directory = from.map(|from| self.base_directory(Some(slot), name, from)).unwrap_or_default();
        let has_inode = args.get(first + 1).is_some();
        Opened {
            name: name.to_vec(),
            directory,
            flags,
            device: if has_inode { args.u32(first) } else { 0 },
            inode: args.u64(first + 1),
        }
    }

    /// What a relative path starts from; `.` for an absolute one.
    pub(crate) fn base_directory(&self, slot: Option<Slot>, name: &[u8], from: i64) -> Vec<u8> {
        if name.first() == Some(&b'/') {
            return b".".to_vec();
        }
        let Some(slot) = slot else { return b"<UNKNOWN>".to_vec() };
        if from == AT_FDCWD {
            return self.directory_of(slot).to_vec();
        }
        let Some(fd) = self.fd_of(slot, from) else { return b"<UNKNOWN>".to_vec() };
        let mut directory = fd.name().to_vec();
        if !directory.is_empty() && directory.last() != Some(&b'/') {
            directory.push(b'/');
        }
        directory
    }

    pub(crate) fn apply_close(&mut self, args: Args<'_>, current: &Current) {
        if args.i64(0) < 0 || current.fd.is_none() {
            return;
        }
        let Some(thread) = current.slot.and_then(|slot| self.threads.get(slot)) else { return };
        self.closing = Some((thread.tid, thread.last_fd));
    }

    /// Closes all descriptors of a range, or lets the next exec do it.
    pub(crate) fn apply_close_range(&mut self, args: Args<'_>, current: &Current) {
        let Some(slot) = current.slot.filter(|_| args.i64(0) == 0) else { return };
        // The kernel takes both numbers as unsigned: -1 is the greatest.
        let (first, last) = (i64::from(args.u32(1)), i64::from(args.u32(2)));
        let on_exec = args.u32(3) & CLOSE_RANGE_CLOEXEC != 0;
        let owner = self.threads.table_owner(slot);
        if let Some(thread) = owner.and_then(|owner| self.threads.get_mut(owner)) {
            thread.fds.close_range(first..=last, on_exec);
        }
    }

    pub(crate) fn apply_dup(&mut self, event: &Event<'_>, args: Args<'_>, current: &mut Current) {
        let Some(slot) = current.slot else { return };
        let number = args.i64(0);
        if number < 0 {
            return;
        }
        match number {
            0 => self.thread_flags(slot, flag::PIPE_DESTINATION),
            1 => self.thread_flags(slot, flag::PIPE_SOURCE),
            _ => {}
        }
        let Some((owner, from)) = current.fd else { return };
        // The former holder of the number is looked at; its table entry is replaced.
        self.look_up(slot, number);
        let Some(mut copy) = self.fd_at(owner, from).cloned() else { return };
        let flags = if event.code == code::SYSCALL_DUP3_X { args.u32(3) } else { 0 };
        copy.open_flags |= flags;
        copy.set_closes_on_exec(flags & O_CLOEXEC != 0);
        current.fd = self.add_fd(slot, number, copy);
    }

    pub(crate) fn apply_fcntl(&mut self, args: Args<'_>, current: &mut Current) {
        let command = args.i64(2);
        if command == F_SETFD
            && args.i64(0) == 0
            && args.get(3).is_some()
            && let Some(fd) = current.fd.and_then(|(owner, number)| self.fd_at_mut(owner, number))
        {
            fd.set_closes_on_exec(args.u64(3) & FD_CLOEXEC != 0);
        }
        let copies = matches!(command, F_DUPFD | F_DUPFD_CLOEXEC);
        let (Some(slot), Some((owner, from)), true) = (current.slot, current.fd, copies) else { return };
        let number = args.i64(0);
        if number < 0 {
            return;
        }
        let Some(mut copy) = self.fd_at(owner, from).cloned() else { return };
        copy.set_closes_on_exec(command == F_DUPFD_CLOEXEC);
        current.fd = self.add_fd(slot, number, copy);
    }

    pub(crate) fn apply_pipe(&mut self, args: Args<'_>, flags: u32, current: &mut Current) {
        let Some(slot) = current.slot.filter(|_| args.i64(0) >= 0) else { return };
        for index in [1, 2] {
            let mut fd = Fd::new(FdKind::Fifo);
            (fd.inode, fd.open_flags) = (args.u64(3), flags);
            current.fd = self.add_fd(slot, args.i64(index), fd);
        }
    }

    /// Descriptors that have a kind and nothing else.
    pub(crate) fn apply_made(&mut self, args: Args<'_>, kind: FdKind, flags: u32, current: &mut Current) {
        let Some(slot) = current.slot else { return };
        // `bpf` returns a number that may or may not be a descriptor, with its kind in front.
        let number = args.result(0);
        if number < 0 {
            return;
        }
        let mut fd = Fd::new(kind);
        fd.open_flags = flags;
        current.fd = self.add_fd(slot, number, fd);
    }

    /// libsinsp adds an entry even when the call failed, under the error's number.
    pub(crate) fn apply_memfd(&mut self, args: Args<'_>, current: &mut Current) {
        let Some(slot) = current.slot else { return };
        let number = args.i64(0);
        let mut fd = Fd::default();
        if number >= 0 {
            fd.kind = FdKind::Memfd;
            fd.set_name(args.text(1));
            fd.open_flags = args.u32(2);
            fd.set_closes_on_exec(fd.open_flags & MFD_CLOEXEC != 0);
        }
        current.fd = self.add_fd(slot, number, fd);
    }

    /// As for a memfd, also when the call failed.
    pub(crate) fn apply_pidfd_open(&mut self, args: Args<'_>, current: &mut Current) {
        let Some(slot) = current.slot else { return };
        let number = args.i64(0);
        let mut fd = Fd::default();
        if number >= 0 {
            fd.kind = FdKind::Pidfd;
            fd.pid = args.i64(1);
            fd.set_name(format!("/proc/{}", fd.pid).as_bytes());
            fd.open_flags = args.u32(2);
        }
        current.fd = self.add_fd(slot, number, fd);
    }

    pub(crate) fn apply_pidfd_getfd(&mut self, args: Args<'_>, current: &Current) {
        let Some(slot) = current.slot else { return };
        let Some(pidfd) = self.fd_of(slot, args.i64(1)).filter(|fd| fd.kind == FdKind::Pidfd) else {
            return;
        };
        let Some(target) = self.threads.slot_of(pidfd.pid) else { return };
        let Some(copy) = self.fd_of(target, args.i64(2)).cloned() else { return };
        self.add_fd(slot, args.i64(0), copy);
    }
}
