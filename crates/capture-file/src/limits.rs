//! Bounds, each with its reason.

/// Bytes read at once: small enough for a core's second-level cache, large enough that moving
/// the rest of a chunk to the front is rare.
pub const WINDOW_BYTES: usize = 256 * 1024;

/// libscap's own limit of an event block that is not of a large kind.
pub const EVENT_BLOCK_BYTES_MAX: usize = 64 * 1024 + 64;

/// Largest event of a large kind. Plugin events may be long; what is longer than this is refused,
/// so that a corrupt length costs no more memory. libscap allocates whatever the length says.
pub const LARGE_EVENT_BLOCK_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Longest entry of a table: a process with arguments, environment and control groups of 64 kB
/// each and five paths. libscap's own entries stay below 20 kB.
pub const TABLE_ENTRY_BYTES_MAX: usize = 200 * 1024;

/// Enter events kept until their exit comes: one a thread. A host has some ten thousand threads.
pub const ENTER_EVENTS_MAX: usize = 65_536;

/// Bytes of all of them. Enter events are below 200 bytes each, with paths below 4 kB.
pub const ENTER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Conversions of one event, one after another: libscap's longest chain is an execve of 2014
/// with 14 steps.
pub const CONVERSIONS_MAX: usize = 20;

/// Longest text of a process list entry (libscap: `SCAP_MAX_PATH_SIZE`) that is written.
pub const WRITTEN_PATH_BYTES_MAX: usize = 1024;

/// Longest list of arguments, environment or control groups that is written (libscap:
/// `SCAP_MAX_ARGS_SIZE`).
pub const WRITTEN_LIST_BYTES_MAX: usize = 4096;

const _: () = assert!(TABLE_ENTRY_BYTES_MAX < WINDOW_BYTES, "an entry must fit the window");
const _: () = assert!(EVENT_BLOCK_BYTES_MAX < WINDOW_BYTES, "an event must fit the window");
