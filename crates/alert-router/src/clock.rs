//! The outside world behind small traits: the wall clock and the free space of a disk.
//!
//! Waiting is tokio's time, which tests pause; only stamps and disk checks come through here.

use std::{
    io,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

/// Wall clock.
pub trait Clock: Send + Sync {
    /// Nanoseconds since 1970.
    fn now_ns(&self) -> i64;
}

/// How much room a disk has.
pub trait FreeSpace: Send + Sync {
    /// Bytes an unprivileged process may still write below `path`.
    ///
    /// # Errors
    /// What the system says.
    fn free_bytes(&self, path: &Path) -> io::Result<u64>;
}

/// The system's clock and disks.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl Clock for System {
    fn now_ns(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
    }
}

impl FreeSpace for System {
    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(path)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}
