//! One column of a segment: values once each and a code per row, as Parquet pages and back.

mod builder;
mod chunk;
mod decode;
mod delta;
mod page;

pub(super) use builder::{ColumnBuilder, NULL};
pub(super) use chunk::{ChunkWriter, EncodedChunk, Physical};
pub(super) use decode::{ColumnData, Decoder};
pub(super) use page::{ColumnPages, PageRef, ValueCoding};
