//! `bpf/abi.h` in Rust. A test compares sizes and offsets with the object's BTF.

use crate::limits::{IGNORED_MAX, PREFIX_CLASSES_MAX, PREFIX_STATES_MAX, SYSCALLS_MAX, X32_CALLS_MAX};

/// Start of every record of the ring. Little-endian, as the kernel of all supported machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
#[expect(missing_docs, reason = "abi.h says what they are")]
pub struct EventHeader {
    pub timestamp_ns: u64,
    pub start_time_ns: u64,
    pub cgroup_id: u64,
    pub length: u32,
    pub tid: u32,
    pub pid: u32,
    pub parent_pid: u32,
    pub uid: u32,
    pub gid: u32,
    pub mount_namespace: u32,
    pub pid_namespace: u32,
    pub namespace_pid: u32,
    pub code: u16,
    pub param_count: u16,
    pub cpu: u16,
    pub flags: u16,
    pub reserved: u32,
}

impl EventHeader {
    /// Bytes of a header.
    pub const SIZE: usize = size_of::<EventHeader>();

    /// Reads a header and gives it with the bytes of the parameters. `None` when the record is
    /// shorter than it says.
    pub fn split(record: &[u8]) -> Option<(EventHeader, &[u8])> {
        let mut rest = record;
        let header = EventHeader {
            timestamp_ns: take_u64(&mut rest)?,
            start_time_ns: take_u64(&mut rest)?,
            cgroup_id: take_u64(&mut rest)?,
            length: take_u32(&mut rest)?,
            tid: take_u32(&mut rest)?,
            pid: take_u32(&mut rest)?,
            parent_pid: take_u32(&mut rest)?,
            uid: take_u32(&mut rest)?,
            gid: take_u32(&mut rest)?,
            mount_namespace: take_u32(&mut rest)?,
            pid_namespace: take_u32(&mut rest)?,
            namespace_pid: take_u32(&mut rest)?,
            code: take_u16(&mut rest)?,
            param_count: take_u16(&mut rest)?,
            cpu: take_u16(&mut rest)?,
            flags: take_u16(&mut rest)?,
            reserved: take_u32(&mut rest)?,
        };
        let end = usize::try_from(header.length).ok()?;
        Some((header, record.get(EventHeader::SIZE..end)?))
    }
}

fn take_u64(bytes: &mut &[u8]) -> Option<u64> {
    bytes.split_off(..8)?.try_into().ok().map(u64::from_le_bytes)
}

fn take_u32(bytes: &mut &[u8]) -> Option<u32> {
    bytes.split_off(..4)?.try_into().ok().map(u32::from_le_bytes)
}

fn take_u16(bytes: &mut &[u8]) -> Option<u16> {
    bytes.split_off(..2)?.try_into().ok().map(u16::from_le_bytes)
}

/// The last parameter is the path the kernel resolved: `EventHeader::flags`.
pub const EVENT_RESOLVED_PATH: u16 = 1;
/// The last two parameters say what the call's descriptor leads to.
pub const EVENT_DESCRIPTOR: u16 = 2;
/// A 32-bit call.
pub const EVENT_COMPAT: u16 = 4;
/// The last parameter is the directory that a relative path starts from.
pub const EVENT_BASE: u16 = 8;

/// What is wanted of the system calls: one generation of map `interest`.
#[repr(C)]
#[expect(missing_docs, reason = "abi.h says what they are")]
pub struct Interest {
    pub syscalls: [u16; SYSCALLS_MAX],
    pub socket_families: u64,
    pub open_flags: u32,
    pub reserved: u32,
}

/// Bits of `Interest::open_flags`.
#[expect(missing_docs, reason = "abi.h says what they are")]
pub mod open_interest {
    pub const READ_ALL: u32 = 1;
    pub const WRITE_ALL: u32 = 2;
    pub const FAILED: u32 = 4;
    pub const READ_PREFIX: u32 = 8;
    pub const WRITE_PREFIX: u32 = 16;
}

/// Scopes in the low two bits of `Interest::syscalls`; the family is above them.
#[expect(missing_docs, reason = "abi.h says what they are")]
pub mod scope {
    pub const NONE: u16 = 0;
    pub const CONTAINERS: u16 = 1;
    pub const EVERYONE: u16 = 2;
}

/// Bits of `Interest::syscalls` beside scope and family.
#[expect(missing_docs, reason = "abi.h says what they are")]
pub mod entry {
    pub const NO_SUCCESS: u16 = 1 << 6;
    pub const NO_FAILURE: u16 = 1 << 7;
    pub const COMPAT: u16 = 1 << 8;
    pub const NO_CONNECTED: u16 = 1 << 9;
    pub const NO_SAME_PEER: u16 = 1 << 10;
    pub const SOME_FAMILIES: u16 = 1 << 11;
}

/// Map `numbers`.
#[repr(C)]
#[expect(missing_docs, reason = "abi.h says what they are")]
pub struct Numbers {
    pub compat: [u16; SYSCALLS_MAX + X32_CALLS_MAX],
    pub codes: [u16; SYSCALLS_MAX],
}

/// Path prefixes as a byte automaton: one generation of map `prefixes`.
#[repr(C)]
#[expect(missing_docs, reason = "abi.h says what they are")]
pub struct Prefixes {
    pub classes: [u8; 256],
    pub steps: [u16; PREFIX_STATES_MAX * PREFIX_CLASSES_MAX],
}

/// A step that accepts for reading: bit of `Prefixes::steps` beside the next state.
pub const STEP_ACCEPT_READ: u16 = 0x4000;
/// A step that accepts for writing.
pub const STEP_ACCEPT_WRITE: u16 = 0x8000;

/// Map `config`.
#[repr(C)]
#[expect(missing_docs, reason = "abi.h says what they are")]
pub struct Config {
    pub generation: u32,
    pub reserved: u32,
    pub ignored: [u32; IGNORED_MAX],
}

/// Map `state`.
#[repr(C)]
#[expect(missing_docs, reason = "abi.h says what they are")]
pub struct State {
    pub abi_hash: u64,
    pub epoch: u64,
    pub losses_reported: u64,
    pub ring_bytes: u64,
}

/// Map `counters`, one per CPU.
#[repr(C)]
#[expect(missing_docs, reason = "abi.h says what they are")]
pub struct Counters {
    pub seen: [u64; FAMILY_COUNT],
    pub shipped: [u64; FAMILY_COUNT],
    pub filtered: [u64; FAMILY_COUNT],
    pub lost: [u64; LOSS_COUNT * FAMILY_COUNT],
}

/// Slots per family in [`Counters`].
pub const FAMILY_COUNT: usize = 16;
/// Slots per reason in [`Counters`].
pub const LOSS_COUNT: usize = 8;

/// Groups of events that are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Family {
    Other = 0,
    Exec = 1,
    Clone = 2,
    Exit = 3,
    Open = 4,
    Connect = 5,
    Socket = 6,
    File = 7,
    Process = 8,
    Kernel = 9,
    Read = 10,
    Write = 11,
    Memory = 12,
    Query = 13,
    Generic = 14,
}

impl Family {
    /// All of them, in the order of their numbers.
    pub const ALL: [Family; 15] = [
        Family::Other,
        Family::Exec,
        Family::Clone,
        Family::Exit,
        Family::Open,
        Family::Connect,
        Family::Socket,
        Family::File,
        Family::Process,
        Family::Kernel,
        Family::Read,
        Family::Write,
        Family::Memory,
        Family::Query,
        Family::Generic,
    ];

    /// The label in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Family::Other => "other",
            Family::Exec => "exec",
            Family::Clone => "clone",
            Family::Exit => "exit",
            Family::Open => "open",
            Family::Connect => "connect",
            Family::Socket => "socket",
            Family::File => "file",
            Family::Process => "process",
            Family::Kernel => "kernel",
            Family::Read => "read",
            Family::Write => "write",
            Family::Memory => "memory",
            Family::Query => "query",
            Family::Generic => "generic",
        }
    }
}

/// Why an event, or a part of it, did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Loss {
    /// The ring had no room: the sensor was dead or too slow.
    RingFull = 0,
    /// Longer than an event may be.
    TooLarge = 1,
    /// The event arrived, but one of its parameters is empty: user memory was not there.
    UserFault = 2,
    /// Another event was being built on the same CPU.
    Recursion = 3,
    /// The call is wanted, but has no program.
    NoProgram = 4,
    /// A 32-bit call that nobody knows here.
    Compat = 5,
    /// The ring had little room left, which is kept for what matters more.
    Shed = 6,
}

impl Loss {
    /// All of them, in the order of their numbers.
    pub const ALL: [Loss; 7] = [
        Loss::RingFull,
        Loss::TooLarge,
        Loss::UserFault,
        Loss::Recursion,
        Loss::NoProgram,
        Loss::Compat,
        Loss::Shed,
    ];

    /// The label in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Loss::RingFull => "ring_full",
            Loss::TooLarge => "too_large",
            Loss::UserFault => "user_fault",
            Loss::Recursion => "recursion",
            Loss::NoProgram => "no_program",
            Loss::Compat => "compat",
            Loss::Shed => "shed",
        }
    }
}
