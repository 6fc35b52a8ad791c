//! Boot time to unix time. The kernel stamps events in boot time, which never jumps; the wall
//! clock may, so the distance is measured again and again.

use std::time::{Duration, Instant};

use event::UnixNs;
use rustix::time::{ClockId, clock_gettime};

use crate::limits::CLOCK_PERIOD;

/// The distance between the clocks.
#[derive(Debug)]
pub(crate) struct Clock {
    unix_minus_boot_ns: i128,
    measured: Instant,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Clock { unix_minus_boot_ns: measure(), measured: Instant::now() }
    }

    /// Measures again when the last time is long ago.
    pub(crate) fn refresh(&mut self) {
        if self.measured.elapsed() > CLOCK_PERIOD {
            *self = Clock::new();
        }
    }

    pub(crate) fn unix(&self, boot_ns: u64) -> UnixNs {
        UnixNs(u64::try_from(i128::from(boot_ns) + self.unix_minus_boot_ns).unwrap_or(0))
    }
}

/// Reads boot time between two readings of the wall clock, three times, and takes the narrowest:
/// being scheduled away in between would shift every event.
fn measure() -> i128 {
    let mut best = (Duration::MAX, 0);
    for _ in 0..3 {
        let before = Instant::now();
        let unix = nanoseconds(clock_gettime(ClockId::Realtime));
        let boot = nanoseconds(clock_gettime(ClockId::Boottime));
        let took = before.elapsed();
        if took < best.0 {
            best = (took, unix - boot);
        }
    }
    best.1
}

fn nanoseconds(time: rustix::time::Timespec) -> i128 {
    i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boot_time_becomes_wall_clock_time() {
        let boot = u64::try_from(nanoseconds(clock_gettime(ClockId::Boottime))).unwrap();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let unix = Clock::new().unix(boot).0;
        assert!(u64::try_from(now.as_nanos()).unwrap().abs_diff(unix) < 1_000_000_000);
    }
}
