//! Runs LogQL over a [`log_record::LogReader`].
//!
//! `stored -> queried`: a query text and its time range in, lines or series out. Works on column
//! blocks: line filters run over whole text columns, parsers extract only what is needed later,
//! range functions fold samples into per-series steps while blocks stream by. Knows no wire form
//! and no storage format. Calls block: run them on a thread that may.

#![forbid(unsafe_code)]

mod engine;
mod error;
mod fast;
mod label_set;
mod limits;
mod logs;
mod metric;
mod names;
mod params;
mod pipeline;
mod result;
mod scan;
mod selectors;

pub use engine::Engine;
pub use error::QueryError;
pub use limits::Limits;
pub use params::{Cancel, InstantParams, RangeParams};
pub use pipeline::{AlertTemplate, LineField, LineParser, line_fields, matchers_of};
pub use result::{Data, EntryLabels, LogEntry, QueryResult, Sample, Series, Stats};
pub use selectors::LogQlSelectors;
