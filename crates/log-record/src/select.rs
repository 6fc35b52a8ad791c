//! Tests and groupings that a store may do on its columns instead of handing out rows.

use crate::{Columns, Count, LabelMatcher, MatchOperator, TimeRange};

/// Tests of rows. Whoever asks does them again on what is delivered: a store drops only rows that
/// surely fail.
#[derive(Debug, Clone, Default)]
pub struct RowTests {
    /// All must pass.
    pub lines: Vec<LineTest>,
    /// All must pass.
    pub labels: Vec<LabelTest>,
}

impl RowTests {
    /// No tests.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.labels.is_empty()
    }
}

/// A line passes when it contains any of the texts, or with `negated` when it contains none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineTest {
    /// Case-sensitive; none of them is empty.
    pub any_of: Vec<String>,
    /// Turns the test round.
    pub negated: bool,
}

/// A test of a label as it stands at one place of a pipeline.
///
/// The value is the stream's label of this name; where it has none and `is_parsed`, that of the
/// line's JSON field with this flattened name; where that is absent too, the structured
/// metadata's; at last the empty text. That is Loki's precedence as long as the name does not end
/// in `_extracted`.
#[derive(Debug, Clone)]
pub struct LabelTest {
    /// Name of the label.
    pub name: String,
    /// Fields of the line count: `| json` stands before the test.
    pub is_parsed: bool,
    /// What the value must be.
    pub operator: MatchOperator,
}

/// Counts of rows by labels and time.
#[derive(Debug, Clone)]
pub struct GroupRequest {
    /// The tenant; Loki's name without authentication is `fake`.
    pub tenant: String,
    /// Rows of streams that fail one of these are not counted.
    pub matchers: Vec<LabelMatcher>,
    /// Rows that fail one of these are not counted. Here the tests are exact.
    pub tests: RowTests,
    /// Names of labels, resolved as those of a [`LabelTest`].
    pub by: Vec<String>,
    /// Fields of lines count as labels; a line that is no JSON object goes to `rest`.
    pub is_parsed: bool,
    /// Ascending; bucket `i` holds `bounds[i] <= t < bounds[i + 1]`.
    pub bounds: Vec<i64>,
    /// Whether bytes of lines are wanted beside rows.
    pub wants_bytes: bool,
    /// What the blocks of rows that could not be counted must hold.
    pub columns: Columns,
}

impl GroupRequest {
    /// From the first bound to the last.
    pub fn range(&self) -> TimeRange {
        let start_ns = self.bounds.first().copied().unwrap_or(0);
        TimeRange { start_ns, end_ns: self.bounds.last().copied().unwrap_or(start_ns) }
    }
}

/// The rows that have the same values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupCounts {
    /// In the order of `by`; empty where a row has no such label.
    pub values: Vec<String>,
    /// One per bucket.
    pub buckets: Vec<Count>,
}
