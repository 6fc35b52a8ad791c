//! A running Quaywatch in one file, and back: a tar archive, compressed by zstd.

mod archive;
mod contents;
mod restore;

pub(crate) use archive::write;
pub(crate) use restore::read;
