//! What an event carries: the shape of one row of Falco's event table.

use crate::EventCode;

/// One row of the event table.
#[derive(Debug)]
pub struct EventDefinition {
    /// The code; also the row's index.
    pub code: EventCode,
    /// Falco's identifier, such as `PPME_SYSCALL_OPENAT_2_X`.
    pub id: &'static str,
    /// The name rules use in `evt.type`, such as `openat`.
    pub name: &'static str,
    /// Enter or exit of the call.
    pub direction: Direction,
    /// Categories, such as `EC_FILE`.
    pub categories: &'static [&'static str],
    /// Flags, such as `EF_CREATES_FD`.
    pub flags: &'static [&'static str],
    /// Only found in old captures.
    pub old_version: bool,
    /// A hole in the table.
    pub unused: bool,
    /// System calls or tracepoints that produce it.
    pub syscalls: &'static [&'static str],
    /// Parameters in wire order.
    pub params: &'static [ParamDefinition],
}

/// Whether an event stands for the entry or the exit of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Entry.
    Enter,
    /// Exit.
    Exit,
}

/// One parameter of an event.
#[derive(Debug)]
pub struct ParamDefinition {
    /// The name used by `evt.arg.NAME`.
    pub name: &'static str,
    /// Wire type.
    pub param_type: ParamType,
    /// How numbers are printed.
    pub format: ParamFormat,
    /// Names of the flags or enum values.
    pub table: Option<&'static FlagTable>,
    /// Index of the directory fd parameter that a relative path starts from.
    pub relative_to_param: Option<u8>,
    /// Alternatives of a dynamic parameter, chosen by its first byte.
    pub variants: &'static [ParamDefinition],
}

/// How a number parameter is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamFormat {
    /// Not a number.
    Na,
    /// Decimal.
    Dec,
    /// Hexadecimal.
    Hex,
    /// Octal.
    Oct,
}

/// Names of flag bits or enum values, in the order they are printed.
#[derive(Debug)]
pub struct FlagTable {
    /// The table's name.
    pub name: &'static str,
    /// `(name, value)`.
    pub entries: &'static [(&'static str, i64)],
}

/// Wire types of parameters; all numbers are little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are Falco's names, PT_* in its headers")]
pub enum ParamType {
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Int16,
    Int32,
    Int64,
    /// i64: a file descriptor, negative for an error.
    Fd,
    /// i32.
    Fd32,
    /// i64: 0 or more for success, else -errno.
    Errno,
    Pid,
    Pid32,
    Uid,
    Gid,
    /// NUL-terminated text.
    Charbuf,
    /// NUL-terminated path.
    Fspath,
    /// NUL-terminated path, relative to a directory fd parameter.
    Fsrelpath,
    /// Raw bytes; for `args`, `env` and `cgroups` NUL-separated text.
    Bytebuf,
    /// u8 family, then for IPv4 (address, port) twice, for unix two pointers and a path.
    Socktuple,
    /// u8 family, then address and port, or a path.
    Sockaddr,
    Flags8,
    Flags16,
    Flags32,
    Enumflags8,
    Enumflags16,
    Enumflags32,
    Mode,
    Sigtype,
    Sigset,
    Reltime,
    Abstime,
    Port,
    Syscallid,
    Dyn,
    Fdlist,
    Charbufarray,
    CharbufPairArray,
    Ipv4addr,
    Ipv6addr,
}
