//! Write-ahead log and Parquet segments with labels: the log store.
//!
//! Last stage of `alert -> routed -> stored`, first of `stored -> queried`: implements
//! `LogWriter` and `LogReader` of `log_record`. FORMAT.md gives the bytes of every file. Knows
//! no query language and no wire form.

#![forbid(unsafe_code)]

mod chain;
mod codec;
mod config;
mod delete;
mod disk;
mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod index;
mod limits;
mod maintain;
mod memtable;
mod metrics;
mod rows;
mod scan;
mod segment;
mod shared;
mod snapshot;
mod status;
mod store;
mod wal;

pub use chain::{ChainEvent, ChainHead, Seal, VerifyError, VerifyReport, verify, verify_head};
pub use config::{Config, FreeSpaceProbe, Selectors, StreamRetention};
pub use disk::{DiskOperation, DiskWatch, FreeSpace, RealDisk};
pub use error::OpenError;
pub use snapshot::{Snapshot, SnapshotError, live_files, snapshot};
pub use status::{LiveSegment, LiveSegments, Status};
pub use store::{FlushError, Store};
