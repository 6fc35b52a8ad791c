//! Bounds of this crate, each with its reason.

/// Bytes of one rule. Hundreds of hosts fit.
pub const RULE_BYTES_MAX: usize = 8 * 1024;
/// Matchers in one rule: each costs time with every request that reaches it.
pub const RULE_MATCHERS_MAX: usize = 256;
/// Parentheses and `!` in each other: the parser recurses.
pub const RULE_DEPTH_MAX: usize = 32;
/// Compiled size of one regular expression: a short pattern can stand for megabytes.
pub const REGEX_BYTES_MAX: usize = 256 * 1024;
