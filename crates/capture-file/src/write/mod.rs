//! Writing, block for block as Falco 0.44 does.

mod tables;
mod writer;

pub use writer::{Compression, Writer};
