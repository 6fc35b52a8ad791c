//! What the state machine needs to know of each event code, looked up once for the whole table
//! instead of by text at each event.

use std::sync::LazyLock;

use event::{Direction, EVENTS, EventCode, EventDefinition, ParamType};

/// Facts of one event code.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CodeFacts {
    pub(crate) is_exit: bool,
    /// A system call's exit with at least one parameter: the first one is its result.
    pub(crate) returns: bool,
    pub(crate) is_syscall: bool,
    /// `evt.is_async`: made by the recorder, not by a thread.
    pub(crate) is_meta: bool,
    pub(crate) skips_state: bool,
    pub(crate) uses_fd: bool,
    /// Creates, uses or destroys a descriptor: `fd.*` exist.
    pub(crate) has_fd: bool,
    pub(crate) reads_fd: bool,
    pub(crate) writes_fd: bool,
    pub(crate) waits: bool,
    pub(crate) category: Category,
    /// Index of the descriptor that the event is about.
    pub(crate) fd_param: Option<u8>,
}

/// `evt.category`, before the descriptor is looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Category {
    #[default]
    Unknown,
    Plain(&'static str),
    Memory,
    Read,
    Write,
    OtherIo,
}

impl CodeFacts {
    /// The facts of a code; those of an unknown code are all false.
    pub(crate) fn of(code: EventCode) -> &'static CodeFacts {
        static TABLE: LazyLock<Vec<CodeFacts>> = LazyLock::new(|| EVENTS.iter().map(facts).collect());
        static NONE: CodeFacts = CodeFacts {
            is_exit: false,
            returns: false,
            is_syscall: false,
            is_meta: false,
            skips_state: false,
            uses_fd: false,
            has_fd: false,
            reads_fd: false,
            writes_fd: false,
            waits: false,
            category: Category::Unknown,
            fd_param: None,
        };
        TABLE.get(usize::from(code.0)).unwrap_or(&NONE)
    }

    pub(crate) fn is_io(&self) -> bool {
        matches!(self.category, Category::Read | Category::Write | Category::OtherIo)
    }
}

fn facts(definition: &EventDefinition) -> CodeFacts {
    let flag = |name| definition.flags.contains(&name);
    let of = |name| definition.categories.contains(&name);
    let is_exit = definition.direction == Direction::Exit;
    let is_syscall = of("EC_SYSCALL");
    let uses_fd = flag("EF_USES_FD");
    CodeFacts {
        is_exit,
        returns: is_syscall
            && is_exit
            && definition.params.first().is_some_and(|first| first.param_type != ParamType::Syscallid),
        is_syscall,
        is_meta: of("EC_METAEVENT"),
        skips_state: flag("EF_SKIPPARSERESET"),
        uses_fd,
        has_fd: uses_fd || flag("EF_CREATES_FD") || flag("EF_DESTROYS_FD"),
        reads_fd: flag("EF_READS_FROM_FD"),
        writes_fd: flag("EF_WRITES_TO_FD"),
        waits: flag("EF_WAITS"),
        category: category(definition),
        fd_param: if uses_fd { fd_param(definition, is_exit) } else { None },
    }
}

/// Exit events have their result first, so the descriptor comes behind it.
fn fd_param(definition: &EventDefinition, is_exit: bool) -> Option<u8> {
    let first = usize::from(is_exit);
    let mut params = definition.params.iter().enumerate().skip(first);
    let (index, _) = params.find(|(_, param)| param.param_type == ParamType::Fd)?;
    u8::try_from(index).ok()
}

fn category(definition: &EventDefinition) -> Category {
    let classes = ["EC_SYSCALL", "EC_TRACEPOINT", "EC_METAEVENT", "EC_PLUGIN", "EC_ITER", "EC_IO_BASE"];
    let own = definition.categories.iter().find(|category| !classes.contains(category));
    match own.copied() {
        Some("EC_FILE") => Category::Plain("file"),
        Some("EC_NET") => Category::Plain("net"),
        Some("EC_IPC") => Category::Plain("IPC"),
        Some("EC_MEMORY") => Category::Memory,
        Some("EC_PROCESS") => Category::Plain("process"),
        Some("EC_SLEEP") => Category::Plain("sleep"),
        Some("EC_SYSTEM") => Category::Plain("system"),
        Some("EC_SIGNAL") => Category::Plain("signal"),
        Some("EC_USER") => Category::Plain("user"),
        Some("EC_TIME") => Category::Plain("time"),
        Some("EC_WAIT") => Category::Plain("wait"),
        Some("EC_SCHEDULER") => Category::Plain("scheduler"),
        Some("EC_INTERNAL") => Category::Plain("internal"),
        Some("EC_OTHER") => Category::Plain("other"),
        Some("EC_IO_READ") => Category::Read,
        Some("EC_IO_WRITE") => Category::Write,
        Some("EC_IO_OTHER") => Category::OtherIo,
        _ => Category::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use event::event_code as code;

    use super::*;

    #[test]
    fn descriptors_are_found_behind_the_result() {
        let fd = |code| CodeFacts::of(code).fd_param;
        assert_eq!(fd(code::SYSCALL_READ_X), Some(2));
        assert_eq!(fd(code::SYSCALL_CLOSE_X), Some(1));
        assert_eq!(fd(code::SYSCALL_MMAP_X), Some(8));
        assert_eq!(fd(code::SYSCALL_OPENAT_2_X), None);
        assert_eq!(fd(code::SYSCALL_FCNTL_X), Some(1));
        assert_eq!(fd(code::SOCKET_CONNECT_E), Some(0));
        assert!(CodeFacts::of(code::SYSCALL_OPENAT_2_X).has_fd);
        assert!(!CodeFacts::of(EventCode(60_000)).has_fd);
    }
}
