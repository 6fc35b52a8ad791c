//! How long to wait before trying again.

use std::time::Duration;

/// Doubling waits between two bounds, with jitter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    pub(crate) min: Duration,
    pub(crate) max: Duration,
}

impl Backoff {
    /// The wait after this many failures in a row (from 1): half of it fixed, half random, so that
    /// many senders do not come back at the same moment.
    pub(crate) fn wait(&self, failures: u32) -> Duration {
        let factor = 1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        let full = self.min.saturating_mul(factor).min(self.max);
        full / 2 + full.mul_f64(rand::random_range(0.0..0.5))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_bound() {
        let backoff = Backoff { min: Duration::from_millis(100), max: Duration::from_secs(1) };
        let check = |failures, full_ms: u64| {
            let wait = backoff.wait(failures);
            let full = Duration::from_millis(full_ms);
            assert!(wait >= full / 2 && wait <= full, "{failures}: {wait:?}");
        };
        check(1, 100);
        check(2, 200);
        check(4, 800);
        check(5, 1_000);
        check(1_000, 1_000);
    }
}
