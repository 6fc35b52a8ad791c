//! Bounds of this crate, each with its reason.

use std::time::Duration;

/// Bytes of a request body: a login is the largest.
pub const BODY_BYTES_MAX: usize = 16 * 1024;
/// Alerts in one answer: a page of the list; more come by the cursor.
pub const ALERTS_PER_ANSWER_MAX: usize = 500;
/// Alerts in one answer unless asked otherwise.
pub const ALERTS_PER_ANSWER: usize = 100;
/// Buckets of a timeline: one per pixel of a wide screen is too many already.
pub const BUCKETS_MAX: usize = 400;
/// Values per facet in an answer; the rest is summed up as `other`.
pub const FACET_VALUES_SHOWN: usize = 100;
/// Distinct values counted per facet; a hostile workload can make as many process names as it
/// likes. What does not fit is counted as `other`.
pub const FACET_VALUES_MAX: usize = 20_000;
/// Streams whose counts are kept apart before they are folded into the facets.
pub const STREAMS_AT_ONCE_MAX: usize = 50_000;
/// Filter values in one request.
pub const FILTER_VALUES_MAX: usize = 100;
/// Bytes of one filter value or of the text that is searched for.
pub const FILTER_VALUE_BYTES_MAX: usize = 4_096;
/// A scan is cut off after this long and says so.
pub const SCAN_TIME_MAX: Duration = Duration::from_secs(20);
/// Scans at once: each takes a core. Others wait.
pub const SCANS_AT_ONCE_MAX: usize = 4;
/// Live streams at once: each holds a socket and a place in the broadcast.
pub const LIVE_STREAMS_MAX: usize = 64;
/// Missed alerts that are sent again when a live stream resumes; beyond it the page is told to
/// load again.
pub const RESUME_ALERTS_MAX: usize = 500;
/// How often a live stream gives a sign of life and checks that the session still stands.
pub const HEARTBEAT: Duration = Duration::from_secs(10);

const _: () = assert!(ALERTS_PER_ANSWER <= ALERTS_PER_ANSWER_MAX);
const _: () = assert!(RESUME_ALERTS_MAX <= ALERTS_PER_ANSWER_MAX);
const _: () = assert!(FACET_VALUES_SHOWN <= FACET_VALUES_MAX);
