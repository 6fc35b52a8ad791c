//! Captures in the `.scap` format of sysdig and Falco: read and written.
//!
//! Beside the sensor as a source of events: `capture -> decoded event -> enriched event`. A
//! [`Reader`] gives the start state and the events of a capture in the order of the file, with
//! events of older formats turned into today's, as libscap does. A [`Writer`] writes what Falco
//! 0.44 would. The bytes are described in `FORMAT.md`. Knows no state and no rule.

#![forbid(unsafe_code)]

mod block;
mod convert;
mod error;
pub mod limits;
mod meta;
mod read;
mod write;

pub use error::CaptureError;
pub use read::{CapturedEvent, Entry, ReadCounts, Reader};
pub use write::{Compression, Writer};
