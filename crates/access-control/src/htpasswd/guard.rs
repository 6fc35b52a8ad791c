//! What all lists share: how often may be guessed, and what was verified a moment ago.

use std::{
    net::IpAddr,
    time::{SystemTime, UNIX_EPOCH},
};

use parking_lot::Mutex;

use crate::{throttle::Throttle, verified::Verified};

/// Slows guessing down, by address and by user; remembers verified passwords for a while. One
/// for all lists, so that a new configuration forgets nothing.
#[derive(Debug)]
pub struct PasswordGuard {
    pub(super) throttle: Mutex<Throttle>,
    pub(super) verified: Mutex<Verified>,
}

impl Default for PasswordGuard {
    fn default() -> Self {
        PasswordGuard { throttle: Mutex::default(), verified: Mutex::new(Verified::new()) }
    }
}

impl PasswordGuard {
    /// Milliseconds to wait before another password of this user from there is looked at.
    pub fn wait(&self, peer: Option<IpAddr>, user: &str) -> u64 {
        self.wait_ms(peer, user, unix_now_ms())
    }

    /// Counts a wrong password that was checked elsewhere.
    pub fn failed(&self, peer: Option<IpAddr>, user: &str) {
        self.throttle.lock().failed(peer, user, unix_now_ms());
    }

    pub(super) fn wait_ms(&self, peer: Option<IpAddr>, user: &str, now_ms: u64) -> u64 {
        self.throttle.lock().wait_ms(peer, user, now_ms)
    }
}

pub(super) fn unix_now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
