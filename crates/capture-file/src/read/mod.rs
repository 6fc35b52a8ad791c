//! Reading: a window on the stream, blocks in it, and what they hold.

mod descriptors;
mod event_block;
mod fields;
mod gzip;
mod interfaces;
mod processes;
mod reader;
mod section;
mod users;
mod window;

pub use reader::{CapturedEvent, Entry, ReadCounts, Reader};
