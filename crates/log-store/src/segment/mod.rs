//! Immutable segments: one Parquet file each, with the store's own index inside it.

mod cache;
mod column;
mod counts;
mod filter;
mod grams;
mod group;
mod index;
mod labels;
mod layout;
mod line;
mod load;
mod metadata;
mod needle;
mod old;
mod props;
mod read;
mod rebuild;
mod select;
mod source;
mod write;

pub(crate) use counts::{Buckets, minute_of};
pub(crate) use grams::NeedleGrams;
pub(crate) use group::Group;
pub(crate) use labels::{LabelValues, UNKNOWN, is_of_stream, numbers as label_numbers};
pub(crate) use read::{Needed, Segment, SegmentFile};
pub(crate) use select::select;
pub(crate) use source::Source;
pub(crate) use write::{SegmentWriter, WrittenSegment};

#[cfg(feature = "fuzzing")]
pub(crate) use index::SegmentIndex;
