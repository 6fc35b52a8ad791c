//! The words of the log store: labels, entries, columnar blocks of them, and the traits between
//! a store and whoever writes to it, queries it or deletes from it.
//!
//! Sits between `alert -> routed` and `stored -> queried`. Knows no file format, no query
//! language and no wire form.

#![forbid(unsafe_code)]

mod block;
mod delete;
mod labels;
mod matcher;
mod reader;
mod select;
mod writer;

pub use block::{MetadataColumn, RecordBlock, TextColumn};
pub use delete::{
    CompiledSelector, DeleteError, DeleteRequest, DeleteState, LogDeleter, RowPredicate, SelectorCompiler,
};
pub use labels::Labels;
pub use matcher::{LabelMatcher, MatchOperator};
pub use reader::{
    Columns, Count, CountRequest, Direction, LogReader, ReadError, ScanRequest, ScanSummary, StreamCounts,
    TimeRange,
};
pub use select::{GroupCounts, GroupRequest, LabelTest, LineTest, RowTests};
pub use writer::{Batch, Entry, LogWriter, StreamEntries, WriteError, WriterMark};
