//! Bounds that the probes and the sensor share, each with its reason. The C side has them in
//! `abi.h` and beside the loops they bound.

/// System call numbers the dispatcher knows. Linux gives the same number to a new call on all
/// architectures and has reached 470; larger numbers are never wanted.
pub const SYSCALLS_MAX: usize = 512;

/// Calls that the x32 ABI numbers itself, from 512 on; it has 36 of them.
pub const X32_CALLS_MAX: usize = 64;

/// Processes whose system calls are not reported. The sensor and the hub are two; the loop over
/// them runs for each wanted call.
pub const IGNORED_MAX: usize = 8;

/// Bytes of one text parameter with its NUL: `PATH_MAX`, and Falco's bound for args and env.
pub const TEXT_BYTES_MAX: usize = 4096;

/// Bytes of one event's parameters. The largest event (exec) has nine texts.
pub const DATA_BYTES_MAX: usize = 65536;

/// Bytes of a path that the prefix automaton looks at: longer prefixes are cut, which ships more.
pub const PREFIX_BYTES_MAX: usize = 64;

/// States of the prefix automaton; prefixes are cut further until it fits.
pub const PREFIX_STATES_MAX: usize = 2048;

/// Byte classes of the prefix automaton: class 0 is every byte that no prefix has.
pub const PREFIX_CLASSES_MAX: usize = 64;

const _: () = assert!(TEXT_BYTES_MAX * 10 < DATA_BYTES_MAX);
const _: () = assert!(PREFIX_STATES_MAX - 1 <= 0x0fff, "a state number has 12 bits");
const _: () = assert!(PREFIX_BYTES_MAX < TEXT_BYTES_MAX);
