//! Recursive descent over the tokens; one file per part of the grammar.

mod cursor;
mod entry;
mod label_filter;
mod metric;
mod pipeline;

pub use cursor::ParseError;
pub use entry::{parse, parse_selector};
