//! Waiting for a condition instead of for a time.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

/// How long anything may take that should take milliseconds: a loaded machine with two cores is
/// slow, a broken program never answers.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Pause between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Looks until `look` finds something.
///
/// # Panics
/// After `limit`, naming `what` was waited for.
#[track_caller]
pub fn await_some<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < limit, "waited {limit:?} in vain for {what}");
        sleep(LOOK_AGAIN);
    }
}

/// Looks until `look` is true.
///
/// # Panics
/// After `limit`, naming `what` was waited for.
#[track_caller]
pub fn await_until(what: &str, limit: Duration, mut look: impl FnMut() -> bool) {
    await_some(what, limit, || look().then_some(()));
}
