//! The write-ahead log: a batch is acknowledged when its record is here and synced.

mod committer;
mod file;
mod record;
mod recovery;

pub(crate) use committer::{Committer, Pending, Queue};
pub(crate) use file::WalFiles;
pub(crate) use record::encode_batch;
pub(crate) use recovery::{read_payloads, recover};

#[cfg(feature = "fuzzing")]
pub(crate) use record::{Header, decode_batch, next_magic};
