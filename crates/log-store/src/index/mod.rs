//! What the store knows about its data without reading it: streams and live segments.

mod catalogue;

pub(crate) use catalogue::{Catalogue, Stream, StreamFilter};
