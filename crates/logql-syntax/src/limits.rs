//! Bounds on foreign text.

/// Longest query. Loki: 131,072 (`input size too long`).
pub const QUERY_BYTES_MAX: usize = 131_072;

/// Deepest nesting of parentheses and functions; keeps recursion off the end of a 2 MiB stack.
pub(crate) const NESTING_MAX: usize = 128;
