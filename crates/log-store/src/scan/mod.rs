//! Delivers matching rows in blocks, in the order that `log_record::LogReader` promises.

mod block;
mod order;
mod run;

pub(crate) use block::{Loaded, TextHolder};
pub(crate) use run::{scan, streams};
