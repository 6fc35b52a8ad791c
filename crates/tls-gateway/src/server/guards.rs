//! What stands behind every check of a password: users, throttles, and how many hashes at once.

use std::{
    net::IpAddr,
    sync::atomic::{AtomicUsize, Ordering},
};

use access_control::{Access, PasswordGuard};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::limits::{HASHES_AT_ONCE_MAX, HASHES_WAITING_MAX};

/// Shared by all middlewares that ask for a password; outlives every configuration.
#[derive(Debug)]
pub struct Guards {
    /// Quaywatch's own users.
    pub access: Access,
    /// Throttle and memory of htpasswd lists.
    pub passwords: PasswordGuard,
    hashing: Semaphore,
    waiting: AtomicUsize,
}

impl Guards {
    /// Guards over these users.
    pub fn new(access: Access) -> Self {
        Guards {
            access,
            passwords: PasswordGuard::default(),
            hashing: Semaphore::new(HASHES_AT_ONCE_MAX),
            waiting: AtomicUsize::new(0),
        }
    }

    /// A place to hash a password; refused when too many wait already.
    pub(crate) async fn hashing(&self) -> Result<SemaphorePermit<'_>, ()> {
        struct Waiting<'a>(&'a AtomicUsize);
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::AcqRel);
            }
        }
        let before = self.waiting.fetch_add(1, Ordering::AcqRel);
        let _waiting = Waiting(&self.waiting);
        if before >= HASHES_WAITING_MAX {
            return Err(());
        }
        self.hashing.acquire().await.map_err(|_| ())
    }

    pub(crate) fn digest_wait_ms(&self, client: IpAddr) -> u64 {
        self.passwords.wait(Some(client), "digest")
    }

    pub(crate) fn digest_failed(&self, client: IpAddr) {
        self.passwords.failed(Some(client), "digest");
    }
}
