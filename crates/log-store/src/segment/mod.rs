//! Immutable segments: one Parquet file each, with the store's own index inside it.

mod build;
mod columns;
mod counts;
mod flatten;
mod grams;
mod index;
mod props;
mod read;
mod source;
mod write;

pub(crate) use counts::{Buckets, minute_of};
pub(crate) use grams::NeedleGrams;
pub(crate) use read::{Needed, Segment, SegmentFile};
pub(crate) use source::Source;
pub(crate) use write::{SegmentWriter, WrittenSegment};

#[cfg(feature = "fuzzing")]
pub(crate) use index::SegmentIndex;
