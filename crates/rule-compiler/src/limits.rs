//! Bounds of the compiler, each with its reason.

/// Largest rule file. The three stock files are 65 to 95 kB.
pub const FILE_BYTES_MAX: usize = 32 << 20;

/// Most YAML nodes in one file; aliases are shared, not copied, so they cannot multiply.
pub const YAML_NODES_MAX: usize = 2_000_000;

/// Deepest YAML nesting. A rule's exceptions need six levels.
pub const YAML_DEPTH_MAX: usize = 64;

/// Most rules in one set.
pub const RULES_MAX: usize = 200_000;

/// Largest condition after lists are put in, in bytes: lists inside lists grow fast.
pub const CONDITION_BYTES_MAX: usize = 2 << 20;

/// Most items of one list once lists inside it are put in.
pub const LIST_ITEMS_MAX: usize = 1_000_000;

/// Most nodes of one condition after macros are put in: macros inside macros double per level.
pub const EXPANDED_NODES_MAX: usize = 100_000;

/// Errors and warnings kept of one load; the rest is counted.
pub const DIAGNOSTICS_MAX: usize = 1_000;

/// Longest constant of `pmatch`, in bytes, as in Falco.
pub const PATH_CONSTANT_BYTES_MAX: usize = 255;

/// Memory one regular expression may take when compiled, in bytes.
pub const REGEX_BYTES_MAX: usize = 2 << 20;

/// Most bytes of needles that are searched for together: the automaton takes some hundred bytes of
/// memory for each.
pub const AUTOMATON_BYTES_MAX: usize = 16 << 10;

/// Most path prefixes handed to the kernel per kind of open; beyond that every path is asked for.
pub const INTEREST_PREFIXES_MAX: usize = 512;

/// Rules that can match on more event codes than this get a warning (Falco: 100).
pub const EVENT_CODES_WARN: usize = 100;
