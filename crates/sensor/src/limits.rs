//! Bounds of the sensor, each with its reason.

use std::time::Duration;

/// Smallest ring: less than a dozen of the largest events would make every burst a loss.
pub(crate) const RING_BYTES_MIN: u32 = 1 << 18;

/// Largest ring: the kernel keeps it in memory that cannot be swapped, and maps it twice.
pub(crate) const RING_BYTES_MAX: u32 = 1 << 30;

/// How often kernel counters are copied into metrics: each copy reads all CPUs' counters.
pub(crate) const COUNTERS_PERIOD: Duration = Duration::from_secs(1);

/// How often the clocks are compared: an adjusted clock shows within this time.
pub(crate) const CLOCK_PERIOD: Duration = Duration::from_secs(1);

/// Lines of the verifier's log in an error: the reason stands in the last ones.
pub(crate) const VERIFIER_LINES_MAX: usize = 12;

/// Threads that load programs: there are some fifty programs, and a few of them take most of the time.
pub(crate) const LOADERS_MAX: usize = 8;

/// Step of the wait when the ring's own readiness cannot be used: see `Sensor::poll`.
pub(crate) const UNRELEASED_WAIT: Duration = Duration::from_millis(1);

const _: () = assert!(RING_BYTES_MIN as usize > 2 * kernel_probes::limits::DATA_BYTES_MAX);
