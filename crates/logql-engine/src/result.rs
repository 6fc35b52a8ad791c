//! Answers.

use std::sync::Arc;

use log_record::Labels;

/// An answer.
#[derive(Debug, Clone)]
pub struct QueryResult {
    /// The data.
    pub data: Data,
    /// What it cost.
    pub stats: Stats,
}

/// The kinds of data.
#[derive(Debug, Clone)]
pub enum Data {
    /// Lines in the order that was asked for.
    Lines(Vec<LogEntry>),
    /// Series over time.
    Matrix(Vec<Series>),
    /// One sample per series. In the order of the query if it sorts, else by labels.
    Vector(Vec<Sample>),
    /// A bare number.
    Scalar {
        /// Nanoseconds since 1970.
        time_ns: i64,
        /// The number.
        value: f64,
    },
}

/// One line.
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// Nanoseconds since 1970.
    pub timestamp_ns: i64,
    /// The line after the pipeline.
    pub line: String,
    /// Its labels; equal sets are shared.
    pub labels: Arc<EntryLabels>,
}

/// The labels of a line by where they came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryLabels {
    /// Of the stream.
    pub stream: Vec<(Arc<str>, Box<str>)>,
    /// Structured metadata.
    pub metadata: Vec<(Arc<str>, Box<str>)>,
    /// Set by the pipeline.
    pub parsed: Vec<(Arc<str>, Box<str>)>,
}

/// One series of a matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its labels.
    pub labels: Labels,
    /// Nanoseconds since 1970 and value, oldest first.
    pub points: Vec<(i64, f64)>,
}

/// One sample of a vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Its labels.
    pub labels: Labels,
    /// Nanoseconds since 1970.
    pub time_ns: i64,
    /// The number.
    pub value: f64,
}

/// What a query touched.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Stats {
    /// Lines read.
    pub lines: u64,
    /// Bytes of those lines.
    pub bytes: u64,
    /// Lines that passed the pipeline.
    pub lines_kept: u64,
    /// Entries in the answer.
    pub entries_returned: u64,
    /// Blocks read.
    pub blocks_read: u64,
    /// Blocks skipped.
    pub blocks_skipped: u64,
    /// Seconds from parse to answer.
    pub seconds: f64,
}
