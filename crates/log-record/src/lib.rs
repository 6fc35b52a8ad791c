//! The words of the log store: labels, entries, columnar blocks of them, and the two traits
//! between a store and whoever writes to it or queries it.
//!
//! Sits between `alert -> routed` and `stored -> queried`. Knows no file format, no query
//! language and no wire form.

#![forbid(unsafe_code)]

mod block;
mod labels;
mod matcher;
mod reader;
mod writer;

pub use block::{MetadataColumn, RecordBlock, TextColumn};
pub use labels::Labels;
pub use matcher::{LabelMatcher, MatchOperator};
pub use reader::{
    Columns, Count, CountRequest, Direction, LogReader, ReadError, ScanRequest, ScanSummary, StreamCounts,
    TimeRange,
};
pub use writer::{Batch, Entry, LogWriter, StreamEntries, WriteError, WriterMark};
