//! Wakes the maintenance thread, and tells others what it has done.

use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

/// Shared by the thread and those who need it.
#[derive(Debug, Default)]
pub(crate) struct Maintenance {
    flags: Mutex<Flags>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Flags {
    is_woken: bool,
    is_closed: bool,
    flush_wanted: bool,
    /// Rounds that have ended.
    rounds: u64,
    /// Why the last flush failed.
    failure: Option<String>,
}

impl Maintenance {
    pub(crate) fn wake(&self) {
        self.flags.lock().is_woken = true;
        self.changed.notify_all();
    }

    pub(crate) fn close(&self) {
        self.flags.lock().is_closed = true;
        self.changed.notify_all();
    }

    /// Waits to be woken, at most this long. None when the store closes, otherwise whether a
    /// flush is wanted.
    pub(crate) fn wait(&self, at_most: Duration) -> Option<bool> {
        let mut flags = self.flags.lock();
        if !flags.is_woken && !flags.is_closed {
            self.changed.wait_for(&mut flags, at_most);
        }
        flags.is_woken = false;
        (!flags.is_closed).then(|| std::mem::take(&mut flags.flush_wanted))
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.flags.lock().is_closed
    }

    /// A round of work has ended.
    pub(crate) fn end_round(&self, failure: Option<String>) {
        let mut flags = self.flags.lock();
        flags.rounds += 1;
        flags.failure = failure;
        self.changed.notify_all();
    }

    /// Asks for a flush and waits for a round that began afterwards.
    pub(crate) fn flush(&self) -> Result<(), String> {
        let mut flags = self.flags.lock();
        // The round that runs now may have begun before.
        let wanted = flags.rounds + 2;
        while flags.rounds < wanted && !flags.is_closed {
            flags.flush_wanted = true;
            flags.is_woken = true;
            self.changed.notify_all();
            self.changed.wait_for(&mut flags, Duration::from_millis(200));
        }
        flags.failure.clone().map_or(Ok(()), Err)
    }

    /// Waits until a round ends; false when none does in time, or the last one failed.
    pub(crate) fn wait_for_round(&self, at_most: Duration) -> bool {
        let mut flags = self.flags.lock();
        flags.is_woken = true;
        self.changed.notify_all();
        let (rounds, until) = (flags.rounds, Instant::now() + at_most);
        while flags.rounds == rounds && !flags.is_closed {
            if self.changed.wait_until(&mut flags, until).timed_out() {
                return false;
            }
        }
        flags.failure.is_none()
    }
}
