//! Bounds of this crate, each with its reason.

use std::time::Duration;

/// Containers whose labels are read.
pub const CONTAINERS_MAX: usize = 1024;
/// Labels of one container that begin with `traefik.`.
pub const LABELS_MAX: usize = 512;
/// Bytes of one label, name and value.
pub const LABEL_BYTES_MAX: usize = 8192;
/// Parts of one label's name: the deepest of Traefik's has nine.
pub const LABEL_PARTS_MAX: usize = 12;
/// Highest index in a label's name: `domains[3]`.
pub const INDEX_MAX: usize = 63;
/// Bytes of one configuration file.
pub const FILE_BYTES_MAX: u64 = 1 << 20;
/// Files of one folder.
pub const FILES_MAX: usize = 64;
/// Notices kept.
pub const NOTICES_MAX: usize = 512;
/// Hosts whose owner is remembered.
pub const CLAIMS_MAX: usize = 4096;
/// How long a host stays with its owner when that is gone: long enough to be made anew, so that
/// nobody who waits for the moment can take it.
pub const CLAIM_KEPT: Duration = Duration::from_secs(60);
