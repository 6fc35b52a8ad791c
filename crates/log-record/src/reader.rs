//! What a query engine asks of a store.

use std::ops::ControlFlow;

use crate::{GroupCounts, GroupRequest, LabelMatcher, Labels, RecordBlock, RowTests};

/// Timestamps `start_ns <= t < end_ns`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    /// First instant, included.
    pub start_ns: i64,
    /// Last instant, excluded.
    pub end_ns: i64,
}

/// Which end of the time range comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Oldest first.
    Forward,
    /// Newest first.
    Backward,
}

/// Which columns a scan must fill.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// The lines.
    pub line: bool,
    /// The structured metadata.
    pub metadata: bool,
    /// JSON fields by flattened name, if the store has them shredded.
    pub json_fields: Vec<String>,
}

/// One scan over a store.
#[derive(Debug, Clone)]
pub struct ScanRequest {
    /// The tenant; Loki's name without authentication is `fake`.
    pub tenant: String,
    /// Rows outside are not delivered.
    pub range: TimeRange,
    /// Rows of streams that fail one of these are not delivered.
    pub matchers: Vec<LabelMatcher>,
    /// Texts that each wanted line contains, case-sensitive. A hint: the store may skip rows
    /// that lack one, and may deliver them all the same.
    pub line_contains: Vec<String>,
    /// Order of the blocks.
    pub direction: Direction,
    /// Columns to fill.
    pub columns: Columns,
}

/// How many rows each stream has in each step of a range: what `count_over_time`, `rate` and
/// `bytes_rate` over a bare selector need, without reading a row.
#[derive(Debug, Clone)]
pub struct CountRequest {
    /// The tenant; Loki's name without authentication is `fake`.
    pub tenant: String,
    /// Rows outside are not counted. Loki's windows leave out their start and include their end:
    /// for those add 1 ns to both ends, which is also what stores count fastest.
    pub range: TimeRange,
    /// Rows of streams that fail one of these are not counted.
    pub matchers: Vec<LabelMatcher>,
    /// Bucket `i` holds `range.start_ns + i * step_ns <= t < range.start_ns + (i + 1) * step_ns`;
    /// the last one ends with the range. At least 1.
    pub step_ns: i64,
}

/// The rows of one bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// How many rows.
    pub rows: u64,
    /// Bytes of their lines.
    pub line_bytes: u64,
}

/// The counts of one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamCounts {
    /// Whose counts.
    pub labels: Labels,
    /// One per bucket of the request.
    pub buckets: Vec<Count>,
}

/// What a scan touched; ends up in the `stats` of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScanSummary {
    /// Rows delivered.
    pub rows: u64,
    /// Bytes of lines delivered.
    pub line_bytes: u64,
    /// Blocks skipped by time, labels or filters.
    pub blocks_skipped: u64,
    /// Blocks read.
    pub blocks_read: u64,
    /// Rows that may have been wanted but lie in damaged segments that were set aside: the answer
    /// is complete only when this is 0.
    pub rows_set_aside: u64,
}

/// Why a scan failed.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The medium failed.
    #[error("reading {path}: {source}")]
    Io {
        /// File or object.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Stored bytes are not what the format says.
    #[error("{path} is damaged: {reason}")]
    Damaged {
        /// File or object.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// The reading side of a store. Calls block: run them on a thread that may.
pub trait LogReader: Send + Sync {
    /// Delivers every matching row exactly once, in blocks, until `visit` breaks.
    ///
    /// Backward: no block has a row newer than the newest row of the block before it, and
    /// forward the mirror of that. Blocks may overlap; rows within one are oldest first.
    /// What was durable when the call began is seen; later rows may be.
    ///
    /// # Errors
    /// [`ReadError`] when stored data cannot be read.
    fn scan(
        &self,
        request: &ScanRequest,
        visit: &mut dyn FnMut(&RecordBlock<'_>) -> ControlFlow<()>,
    ) -> Result<ScanSummary, ReadError>;

    /// The streams that have at least one row in the range and pass the matchers, sorted.
    ///
    /// # Errors
    /// [`ReadError`] when stored data cannot be read.
    fn streams(
        &self,
        tenant: &str,
        range: TimeRange,
        matchers: &[LabelMatcher],
    ) -> Result<Vec<Labels>, ReadError>;

    /// Exact counts by stream and step, sorted by labels; streams without a row in the range are
    /// left out. None when the store has no shorter way than a scan.
    ///
    /// # Errors
    /// [`ReadError`] when stored data cannot be read.
    fn counts(&self, request: &CountRequest) -> Result<Option<Vec<StreamCounts>>, ReadError> {
        let _ = request;
        Ok(None)
    }

    /// Like [`LogReader::scan`]; rows that surely fail one of the tests may be left out.
    ///
    /// # Errors
    /// [`ReadError`] when stored data cannot be read.
    fn scan_where(
        &self,
        request: &ScanRequest,
        tests: &RowTests,
        visit: &mut dyn FnMut(&RecordBlock<'_>) -> ControlFlow<()>,
    ) -> Result<ScanSummary, ReadError> {
        let _ = tests;
        self.scan(request, visit)
    }

    /// Counts rows by labels and time without handing them out. Rows that cannot be counted so
    /// are handed to `rest` instead, in any order; it may end the work. `go_on` is asked now and
    /// then. None when the store cannot do it, before anything was handed out.
    ///
    /// # Errors
    /// [`ReadError`] when stored data cannot be read.
    fn group(
        &self,
        request: &GroupRequest,
        go_on: &dyn Fn() -> bool,
        rest: &mut dyn FnMut(&RecordBlock<'_>) -> ControlFlow<()>,
    ) -> Result<Option<(Vec<GroupCounts>, ScanSummary)>, ReadError> {
        let _ = (request, go_on, rest);
        Ok(None)
    }
}
