//! Bounds of the parser, each with its reason.

/// Longest condition or output text, in bytes. Falco's largest stock condition is under 20 kB
/// after list substitution; a megabyte leaves room for generated rules and keeps one bad file
/// from holding the loader for seconds.
pub const TEXT_BYTES_MAX: usize = 4 << 20;

/// Open parentheses at one place. They cost a frame on the heap, not stack.
pub const PARENTHESES_MAX: usize = 4_096;

/// Depth of the tree that remains after redundant parentheses are gone. Every walk over the tree
/// recurses this deep at most; Falco's own bound is 1,000.
pub const TREE_DEPTH_MAX: usize = 500;

/// Nesting of transformers such as `tolower(basename(x))`; the parser recurses here.
pub const TRANSFORM_DEPTH_MAX: usize = 32;

const _: () = assert!(TRANSFORM_DEPTH_MAX < TREE_DEPTH_MAX && TREE_DEPTH_MAX < PARENTHESES_MAX);
