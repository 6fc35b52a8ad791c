//! Bounds of every queue, map and loop over foreign data in this crate, each with its reason.

/// Longest alert in JSON. Falco's own are 1 to 10 kB; a command line of 128 kB with its escapes fits.
pub const ALERT_BYTES_MAX: usize = 256 * 1024;

/// What is left of each text of a sensor's alert that would be too long.
pub const SHORTENED_TEXT_BYTES: usize = 4 * 1024;

/// Longest record of a journal: an alert with its envelope.
pub const RECORD_BYTES_MAX: usize = 512 * 1024;

/// One body on the ingest listener or the sensor link.
pub const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Alerts in one body; keeps the memory of parsed alerts in proportion.
pub const ALERTS_PER_BODY_MAX: usize = 20_000;

/// Bodies being read and parsed at once: with the body bound the worst case is 256 MiB, and only if
/// every sender fills its body. Further requests wait for a place.
pub const BODIES_IN_FLIGHT_MAX: usize = 16;

/// A sender that is slower than this for one body is cut off.
pub const BODY_READ_SECONDS_MAX: u64 = 30;

/// Longest sensor name in a link envelope.
pub const SENSOR_NAME_BYTES_MAX: usize = 128;

/// Requests that wait for the journal's writer; further senders wait before they hand over.
pub const COMMIT_QUEUE_MAX: usize = 256;

/// One group commit; what waits beyond goes into the next one.
pub const COMMIT_RECORDS_MAX: usize = 8_192;

/// Bytes of one group commit: bounds the encode buffer.
pub const COMMIT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How much a journal reader holds of a segment at once.
pub const READ_CHUNK_BYTES: usize = 1024 * 1024;

/// (sensor, epoch) pairs whose high-water mark is kept. An epoch ends with a reboot, so this is
/// thousands of reboots; beyond it the mark that was raised longest ago is forgotten.
pub const MARKS_MAX: usize = 10_000;

/// Records between two snapshots of the marks; bounds the replay at start.
pub const MARK_SNAPSHOT_RECORDS: u64 = 1_024;

/// Alerts that outputs take from memory instead of from the journal's files, until all have them.
pub const TAIL_ALERTS_MAX: usize = 1_024;

/// Bytes of alert JSON behind the tail.
pub const TAIL_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Alerts whose way through the hops is remembered.
pub const TRACES_MAX: usize = 2_000;

/// Alerts a slow subscriber may be behind before it misses some (and is told so).
pub const SUBSCRIBER_LAG_MAX: usize = 1_024;

/// One dead-letter file; one predecessor is kept beside it.
pub const DEAD_LETTER_FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Longest reason that is kept of a failed delivery: it may quote a foreign answer.
pub const REASON_BYTES_MAX: usize = 512;

/// Longest wait an output may ask for (`Retry-After` is the other side's word).
pub const RETRY_AFTER_SECONDS_MAX: u64 = 3_600;

const _: () = assert!(ALERT_BYTES_MAX < RECORD_BYTES_MAX);
const _: () = assert!(RECORD_BYTES_MAX + 64 < READ_CHUNK_BYTES);
const _: () = assert!(READ_CHUNK_BYTES <= COMMIT_BYTES_MAX);
const _: () = assert!(ALERT_BYTES_MAX < TAIL_BYTES_MAX);
