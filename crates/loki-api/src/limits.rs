//! Bounds on what clients send. Values and texts of Loki 3.7 unless said otherwise.

/// Most label names of a pushed stream, the added `service_name` not counted.
pub(crate) const LABEL_NAMES_MAX: usize = 15;
/// Longest label name, in bytes.
pub(crate) const LABEL_NAME_BYTES_MAX: usize = 1024;
/// Longest label value, in bytes.
pub(crate) const LABEL_VALUE_BYTES_MAX: usize = 2048;
/// Longest line.
pub(crate) const LINE_BYTES_MAX: usize = 262_144;
/// Most pairs of structured metadata of one entry.
pub(crate) const METADATA_PAIRS_MAX: usize = 128;
/// Most bytes of structured metadata of one entry.
pub(crate) const METADATA_BYTES_MAX: usize = 65_536;
/// How far in the future an entry may lie: clocks differ.
pub(crate) const FUTURE_NS_MAX: i64 = 600_000_000_000;
/// Most entries of one push: bounds the memory a small compressed body can ask for.
pub(crate) const PUSH_ENTRIES_MAX: usize = 1_000_000;
/// Longest form body of a query.
pub(crate) const FORM_BYTES_MAX: usize = 1 << 20;
/// Longest tenant id.
pub(crate) const TENANT_BYTES_MAX: usize = 150;
/// Lines of a query when it names no limit.
pub(crate) const LINES_DEFAULT: usize = 100;
/// Selectors of one `series` request.
pub(crate) const SERIES_MATCHERS_MAX: usize = 100;
/// Followers of one tenant at once (Loki).
pub(crate) const TAILS_MAX: usize = 10;
/// Followers of all tenants at once: each one asks twice a second.
pub(crate) const TAILS_OF_ALL_MAX: usize = 100;
/// Most lines that are named to a client too slow for them.
pub(crate) const TAIL_DROPPED_MAX: usize = 1_000;
/// Steps of one `volume_range` request; Loki: 11,000.
pub(crate) const VOLUME_STEPS_MAX: usize = 11_001;
/// Series of a volume that Loki would sort; ours has no such wall, clients are told Loki's.
pub(crate) const VOLUME_SERIES_MAX: usize = 1_000;
/// Fields and lines of `detected_fields` when the request names no limits.
pub(crate) const DETECTED_DEFAULT: usize = 1_000;
/// Most lines patterns are mined from, the newest: about a second of work.
pub(crate) const PATTERN_LINES_MAX: usize = 200_000;
/// Most levels that are told apart while mining.
pub(crate) const PATTERN_LEVELS_MAX: usize = 16;
/// Streams whose newest entry is remembered when late ones are refused; then it starts anew, which
/// only accepts more.
pub(crate) const LATENESS_STREAMS_MAX: usize = 100_000;
/// Most bytes the records of one OTLP push may hold of their resources and scopes together: each
/// carries a copy, so a small body could ask for any amount of memory.
pub(crate) const OTLP_REPEATED_BYTES_MAX: usize = 256 << 20;
