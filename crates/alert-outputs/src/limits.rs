//! Bounds of this crate, each with its reason.

/// Alerts the store takes at once: one write of about 1 MB.
pub const STORE_BATCH_MAX: usize = 1_000;

/// Longest value of a stream label. Loki refuses more than 2,048 bytes.
pub const LABEL_VALUE_BYTES_MAX: usize = 1_024;

/// Longest value of structured metadata; the whole value stands in the line.
pub const METADATA_VALUE_BYTES_MAX: usize = 1_024;

/// Entries of structured metadata per alert. Falco's stock rules print 10 to 20 fields.
pub const METADATA_ENTRIES_MAX: usize = 48;

/// All structured metadata of an alert together. Loki's own default is 64 kB.
pub const METADATA_BYTES_MAX: usize = 8 * 1024;

/// Lines handed to the terminal or pipe at once.
pub const STDOUT_BATCH_MAX: usize = 256;

/// How much of a webhook's answer is quoted in an error.
pub const ANSWER_QUOTE_BYTES_MAX: usize = 200;

/// Most requests one webhook may have in flight.
pub const WEBHOOK_REQUESTS_IN_FLIGHT_MAX: usize = 64;
