//! What the store knows about its data without reading it: streams and live segments.

mod catalogue;
mod manifest;

pub(crate) use catalogue::{Catalogue, Stream, StreamFilter};
pub(crate) use manifest::{Manifest, SetAside};
