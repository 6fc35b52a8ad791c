//! Where a connection stands: what the gate, the handler and the watchdog tell each other.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    time::Instant,
};

use tokio::time::Duration;

/// Times are milliseconds since the connection began, plus one; 0 is never.
#[derive(Debug)]
pub(super) struct Progress {
    begin: Instant,
    head_since: AtomicU64,
    idle_since: AtomicU64,
    active: AtomicUsize,
    /// The connection has become a tunnel: no more heads.
    raw: AtomicBool,
}

/// A request is being answered until this is dropped.
pub(super) struct Active(std::sync::Arc<Progress>);

impl Progress {
    pub(super) fn new() -> Self {
        Progress {
            begin: Instant::now(),
            head_since: AtomicU64::new(0),
            idle_since: AtomicU64::new(1),
            active: AtomicUsize::new(0),
            raw: AtomicBool::new(false),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
    }

    pub(super) fn head_began(&self) {
        self.head_since.store(self.now(), Ordering::Relaxed);
    }

    pub(super) fn head_ended(&self) {
        self.head_since.store(0, Ordering::Relaxed);
    }

    pub(super) fn request(self: &std::sync::Arc<Self>) -> Active {
        self.active.fetch_add(1, Ordering::Relaxed);
        Active(std::sync::Arc::clone(self))
    }

    pub(super) fn become_raw(&self) {
        self.raw.store(true, Ordering::Release);
    }

    pub(super) fn is_raw(&self) -> bool {
        self.raw.load(Ordering::Acquire)
    }

    /// When to look again; `None`: the time is up.
    pub(super) fn patience(&self, head: Duration, idle: Duration) -> Option<Duration> {
        let now = self.now();
        let left = |since: u64, limit: Duration| {
            let gone = Duration::from_millis(now.saturating_sub(since));
            limit.checked_sub(gone).filter(|left| !left.is_zero())
        };
        match self.head_since.load(Ordering::Relaxed) {
            0 if self.active.load(Ordering::Relaxed) > 0 || self.is_raw() => Some(head.min(idle)),
            // Whichever is nearer: a head may begin at any time.
            0 => left(self.idle_since.load(Ordering::Relaxed), idle).map(|left| left.min(head)),
            since => left(since, head),
        }
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.0.idle_since.store(self.0.now(), Ordering::Relaxed);
        self.0.active.fetch_sub(1, Ordering::Relaxed);
    }
}
