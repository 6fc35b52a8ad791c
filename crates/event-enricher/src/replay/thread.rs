//! One thread of the recorded machine, as libsinsp keeps it.

use std::{
    cell::Cell,
    sync::{Arc, OnceLock},
};

use super::{
    args::{NOT_AVAILABLE, items},
    descriptor_table::FdTable,
    thread_table::{GroupSlot, Slot},
};
use crate::process::InContainer;

/// libscap's `PPM_CL_*` flags, as far as the state depends on them.
pub(crate) mod flag {
    pub(crate) const CLONE_FILES: u32 = 1;
    pub(crate) const CLONE_NEWPID: u32 = 1 << 6;
    pub(crate) const CLONE_PARENT: u32 = 1 << 8;
    pub(crate) const CLONE_THREAD: u32 = 1 << 13;
    pub(crate) const CLONE_INVERTED: u32 = 1 << 16;
    pub(crate) const NAME_CHANGED: u32 = 1 << 17;
    pub(crate) const CLOSED: u32 = 1 << 18;
    pub(crate) const ACTIVE: u32 = 1 << 19;
    pub(crate) const CLONE_NEWUSER: u32 = 1 << 20;
    pub(crate) const PIPE_SOURCE: u32 = 1 << 21;
    pub(crate) const PIPE_DESTINATION: u32 = 1 << 22;
    pub(crate) const CLONE_VFORK: u32 = 1 << 27;
    pub(crate) const CHILD_IN_PIDNS: u32 = 1 << 29;
    pub(crate) const IS_MAIN_THREAD: u32 = 1 << 30;
}

/// A text or list that threads share.
pub(crate) type Shared = Arc<[u8]>;

/// What a thread runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Program {
    pub(crate) comm: Shared,
    pub(crate) exe: Shared,
    pub(crate) exepath: Shared,
    /// Arguments behind the first, NULs between them.
    pub(crate) args: Shared,
    pub(crate) writable: bool,
    pub(crate) upper_layer: bool,
    pub(crate) lower_layer: bool,
    pub(crate) from_memfd: bool,
    pub(crate) inode: u64,
    pub(crate) ctime_ns: u64,
    pub(crate) mtime_ns: u64,
    pub(crate) texts: Texts,
}

/// Texts made of a program's parts when they are first asked for.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    joined_args: OnceLock<Box<[u8]>>,
    cmdline: OnceLock<Box<[u8]>>,
    exeline: OnceLock<Box<[u8]>>,
}

/// A copy of a program is made to be changed: its texts have to be made anew.
impl Clone for Texts {
    fn clone(&self) -> Self {
        Texts::default()
    }
}

impl Program {
    /// `proc.args`.
    pub(crate) fn joined_args(&self) -> &[u8] {
        self.texts.joined_args.get_or_init(|| with_blanks(&self.args).into())
    }

    /// `proc.cmdline`.
    pub(crate) fn cmdline(&self) -> &[u8] {
        self.texts.cmdline.get_or_init(|| {
            let mut line = self.comm.to_vec();
            for item in items(&self.args) {
                line.push(b' ');
                line.extend_from_slice(item);
            }
            line.into()
        })
    }

    /// `proc.exeline`: a blank follows the program even when nothing else does.
    pub(crate) fn exeline(&self) -> &[u8] {
        self.texts.exeline.get_or_init(|| [&self.exe[..], b" ", &with_blanks(&self.args)].concat().into())
    }
}

/// Capability masks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Capabilities {
    pub(crate) inheritable: u64,
    pub(crate) permitted: u64,
    pub(crate) effective: u64,
}

/// Memory and page faults.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) faults_major: u64,
    pub(crate) faults_minor: u64,
    pub(crate) size_kb: u32,
    pub(crate) resident_kb: u32,
    pub(crate) swapped_kb: u32,
}

/// An enter event of an old capture, kept for its exit event.
#[derive(Debug, Clone)]
pub(crate) struct Entered {
    pub(crate) code: u16,
    pub(crate) count: usize,
    /// As `Params::parse` reads them.
    pub(crate) params: Vec<u8>,
}

/// A thread. Ids are -1 where nothing is known.
#[derive(Debug)]
pub(crate) struct Thread {
    pub(crate) tid: i64,
    pub(crate) pid: i64,
    pub(crate) ptid: i64,
    pub(crate) sid: i64,
    pub(crate) vpgid: i64,
    pub(crate) pgid: i64,
    pub(crate) vtid: i64,
    pub(crate) vpid: i64,
    pub(crate) flags: u32,
    pub(crate) reaper_tid: i64,
    pub(crate) group: Option<GroupSlot>,
    pub(crate) children: Vec<Slot>,
    /// How many of `children` were still there when last counted.
    pub(crate) children_alive: usize,
    /// The descriptor of its last event.
    pub(crate) last_fd: i64,
    /// Code of its last enter event.
    pub(crate) last_entered: u16,
    pub(crate) entered: Option<Box<Entered>>,
    /// `entered` belongs to the exit event at hand.
    pub(crate) entered_is_valid: bool,
    pub(crate) clone_ns: u64,
    pub(crate) pidns_start_ns: u64,
    pub(crate) fds: FdTable,
    pub(crate) fd_limit: i64,
    pub(crate) cwd: Shared,
    pub(crate) env: Shared,
    pub(crate) cgroups: Shared,
    pub(crate) container: Option<Arc<InContainer>>,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) login_uid: u32,
    pub(crate) tty: u32,
    pub(crate) capabilities: Capabilities,
    pub(crate) usage: Usage,
    pub(crate) program: Arc<Program>,
    pub(crate) ctime_to_clone_ns: u64,
    pub(crate) ctime_since_pidns_ns: u64,
    /// Sum of `thread.exectime`, kept by the field itself.
    pub(crate) run_ns: Cell<u64>,
    /// Processor time at the last `procinfo`, kept by `thread.cpu`, `.user` and `.system`.
    pub(crate) cpu_ticks: [Cell<u64>; 3],
}

impl Thread {
    /// A thread of which nothing is known.
    pub(crate) fn new(tid: i64, blank: &Blank) -> Thread {
        Thread {
            tid,
            pid: -1,
            ptid: -1,
            sid: -1,
            vpgid: -1,
            pgid: -1,
            vtid: -1,
            vpid: -1,
            flags: flag::NAME_CHANGED,
            reaper_tid: -1,
            group: None,
            children: Vec::new(),
            children_alive: 0,
            last_fd: 0,
            last_entered: u16::MAX,
            entered: None,
            entered_is_valid: false,
            clone_ns: 0,
            pidns_start_ns: 0,
            fds: FdTable::default(),
            fd_limit: -1,
            cwd: Arc::clone(&blank.text),
            env: Arc::clone(&blank.text),
            cgroups: Arc::clone(&blank.text),
            container: None,
            uid: u32::MAX,
            gid: u32::MAX,
            login_uid: u32::MAX,
            tty: 0,
            capabilities: Capabilities::default(),
            usage: Usage::default(),
            program: Arc::clone(&blank.program),
            ctime_to_clone_ns: 0,
            ctime_since_pidns_ns: 0,
            run_ns: Cell::new(0),
            cpu_ticks: Default::default(),
        }
    }

    pub(crate) fn has(&self, flags: u32) -> bool {
        self.flags & flags != 0
    }

    pub(crate) fn is_main(&self) -> bool {
        self.tid == self.pid || self.has(flag::IS_MAIN_THREAD)
    }

    /// Made for a thread of which the capture tells nothing.
    pub(crate) fn is_invalid(&self) -> bool {
        self.tid < 0 || self.pid < 0 || self.ptid < 0
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.has(flag::CLOSED)
    }

    pub(crate) fn is_in_pid_namespace(&self) -> bool {
        self.has(flag::CHILD_IN_PIDNS) || (self.tid != self.vtid && self.vtid >= 0)
    }

    /// The program, to be changed: this thread's own from now on.
    pub(crate) fn program_mut(&mut self) -> &mut Program {
        let program = Arc::make_mut(&mut self.program);
        program.texts = Texts::default();
        program
    }

    /// Takes a list of `subsystem=path` over.
    pub(crate) fn set_cgroups(&mut self, list: &[u8]) {
        if *self.cgroups != *list {
            self.cgroups = Arc::from(list);
        }
    }

    /// The value of an environment variable in `env`; empty when it is not set.
    pub(crate) fn variable<'v>(env: &'v [u8], name: &str) -> &'v [u8] {
        for item in items(env) {
            if let Some(value) = item.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"="))
                && !value.is_empty()
            {
                return trimmed(value);
            }
        }
        b""
    }
}

/// Empty texts and the program `<NA>`, made once and shared.
#[derive(Debug)]
pub(crate) struct Blank {
    pub(crate) text: Shared,
    pub(crate) program: Arc<Program>,
    /// Of threads that the capture tells nothing of.
    pub(crate) unknown: Arc<Program>,
}

impl Default for Blank {
    fn default() -> Self {
        let unknown = Program { comm: NOT_AVAILABLE.into(), exe: NOT_AVAILABLE.into(), ..Program::default() };
        Blank { text: Arc::default(), program: Arc::new(Program::default()), unknown: Arc::new(unknown) }
    }
}

/// The items of a list with blanks between them.
pub(crate) fn with_blanks(list: &[u8]) -> Vec<u8> {
    list.iter().map(|byte| if *byte == 0 { b' ' } else { *byte }).collect()
}

fn trimmed(value: &[u8]) -> &[u8] {
    let start = value.iter().position(|byte| *byte != b' ').unwrap_or(value.len());
    let end = value.iter().rposition(|byte| *byte != b' ').map_or(start, |end| end + 1);
    value.get(start..end).unwrap_or_default()
}
