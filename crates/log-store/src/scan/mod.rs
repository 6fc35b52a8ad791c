//! Delivers matching rows in blocks, in the order that `log_record::LogReader` promises.

mod block;
mod counts;
mod group;
mod order;
mod run;

pub(crate) use block::{Loaded, MetadataHolder, TextHolder};
pub(crate) use counts::{counts, streams};
pub(crate) use group::group;
pub(crate) use run::scan;
