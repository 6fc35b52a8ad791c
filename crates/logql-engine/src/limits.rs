//! Bounds of a query.

/// What one query may cost. Texts of refusals are Loki's.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Most log lines one query returns. Loki: 5,000.
    pub entries_max: usize,
    /// Most series one query returns. Loki's 500 is what its users complain about most.
    pub series_max: usize,
    /// Most series one range aggregation tells apart before anything is summed: bounds memory.
    pub inner_series_max: usize,
    /// Longest time range in seconds; 0 is no limit. Loki: 721 h; ours has no such wall.
    pub query_length_max_s: u64,
    /// How long a query may run, in milliseconds. Loki: one minute.
    pub query_timeout_max_ms: u64,
    /// Most bytes of lines one query reads; 0 is no limit.
    pub scanned_bytes_max: u64,
    /// Most cells (series times steps) held while a metric query runs: bounds memory.
    pub cells_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            entries_max: 5_000,
            series_max: 5_000,
            inner_series_max: 200_000,
            query_length_max_s: 0,
            query_timeout_max_ms: 60_000,
            scanned_bytes_max: 0,
            cells_max: 8_000_000,
        }
    }
}

/// Most points of one series; Loki and Prometheus: 11,000.
pub(crate) const POINTS_MAX: i64 = 11_000;

/// Largest program a regex of a query may compile to; a larger one is refused.
pub(crate) const REGEX_BYTES_MAX: usize = 4 << 20;

/// Deepest nesting of a JSON line that is followed; deeper lines count as malformed.
pub(crate) const JSON_DEPTH_MAX: usize = 128;

/// Most distinct label names one query interns; further names of parsed lines are not extracted.
pub(crate) const NAMES_MAX: usize = 100_000;

/// Most lines held while `interval` thins them.
pub(crate) const THINNED_ENTRIES_MAX: usize = 100_000;

/// Most label sets kept to share between the lines of an answer; then the cache starts anew.
pub(crate) const SHARED_LABELS_MAX: usize = 20_000;

/// Most fields that are listed of one line.
pub(crate) const LINE_FIELDS_MAX: usize = 1_000;
