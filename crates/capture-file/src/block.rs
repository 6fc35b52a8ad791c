//! Block types, by the names and numbers of libscap. A block is its type and its whole length
//! (both `u32`), the content padded to four bytes, and the length again.

/// Begins a section; also tells the byte order.
pub(crate) const SECTION_HEADER: u32 = 0x0A0D_0D0A;
/// Value of the section header's magic when byte orders agree.
pub(crate) const SECTION_MAGIC: u32 = 0x1A2B_3C4D;

pub(crate) const MACHINE: u32 = 0x201;
pub(crate) const PROCESSES_V9: u32 = 0x215;
pub(crate) const DESCRIPTORS_V2: u32 = 0x218;
pub(crate) const INTERFACES_V2: u32 = 0x219;
pub(crate) const USERS_V2: u32 = 0x220;
pub(crate) const EVENT_V2: u32 = 0x216;
pub(crate) const EVENT_FLAGS_V2: u32 = 0x217;
pub(crate) const EVENT_V2_LARGE: u32 = 0x221;
pub(crate) const EVENT_FLAGS_V2_LARGE: u32 = 0x222;

/// What a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Section,
    Machine,
    /// Process list of a version from 1 to 9.
    Processes(u8),
    /// Version 2 has a length before each entry.
    Descriptors(u8),
    /// Version 2 has a length before each entry.
    Interfaces(u8),
    /// Version 2 has a length before each entry.
    Users(u8),
    Event(EventLayout),
    Unknown,
}

/// How an event lies in its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventLayout {
    /// Four bytes of flags follow the CPU number.
    pub(crate) has_flags: bool,
    /// The header tells the number of parameters.
    pub(crate) has_param_count: bool,
    /// The block may be longer than 64 kB.
    pub(crate) is_large: bool,
}

impl Kind {
    /// Numbers with ABCD at the end are those of sysdig before its first release.
    pub(crate) fn of(block_type: u32) -> Kind {
        let event = |has_flags, has_param_count, is_large| {
            Kind::Event(EventLayout { has_flags, has_param_count, is_large })
        };
        match block_type {
            SECTION_HEADER => Kind::Section,
            MACHINE | 0x8002_ABCD => Kind::Machine,
            0x202 | 0x8000_ABCD => Kind::Processes(1),
            0x207 | 0x8013_ABCD => Kind::Processes(2),
            0x209 | 0x8014_ABCD => Kind::Processes(3),
            0x210 => Kind::Processes(4),
            0x211 => Kind::Processes(5),
            0x212 => Kind::Processes(6),
            0x213 => Kind::Processes(7),
            0x214 => Kind::Processes(8),
            PROCESSES_V9 => Kind::Processes(9),
            0x203 | 0x8001_ABCD => Kind::Descriptors(1),
            DESCRIPTORS_V2 => Kind::Descriptors(2),
            0x205 | 0x8011_ABCD => Kind::Interfaces(1),
            INTERFACES_V2 => Kind::Interfaces(2),
            0x206 | 0x8012_ABCD => Kind::Users(1),
            USERS_V2 => Kind::Users(2),
            0x204 | 0x8010_ABCD => event(false, false, false),
            0x208 => event(true, false, false),
            EVENT_V2 => event(false, true, false),
            EVENT_FLAGS_V2 => event(true, true, false),
            EVENT_V2_LARGE => event(false, true, true),
            EVENT_FLAGS_V2_LARGE => event(true, true, true),
            _ => Kind::Unknown,
        }
    }
}
