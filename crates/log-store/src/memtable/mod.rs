//! Rows that are durable in the WAL and not yet in a segment.

mod table;

pub(crate) use table::{MemBlock, MemTable, RowSet, row_identity};
