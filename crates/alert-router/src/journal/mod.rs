//! A durable, bounded, append-only log of byte records with named readers.
//!
//! The hub's queue between ingest and outputs, and the sensor's spool while the hub is away. Knows
//! nothing of alerts. Folder: `<first position>.journal` files ([`segment`]) with checksummed
//! records ([`frame`]), one `<name>.cursor` per reader ([`cursor`]), and `lock`.
//!
//! Invariants: positions only grow (a failed write leaves a gap, never a second record of the same
//! position); a position is visible to readers only once it is as durable as the configuration
//! asks for; a segment is deleted only when every cursor has passed it, or was moved past it and
//! that was counted.

mod bounds;
mod config;
mod cursor;
mod error;
mod frame;
mod group;
mod metrics;
mod open;
mod reader;
mod segment;
mod state;
#[cfg(test)]
mod tests;

pub use config::JournalConfig;
pub use cursor::{Hold, Start};
pub use error::{AppendError, OpenError};
pub use group::{Gate, GroupCommit, Grouped};
pub use open::Environment;
pub use reader::{ReadBatch, Reader, Record};
pub use state::{Appended, Journal, JournalStatus};

pub(crate) use state::journal_file_name;

#[cfg(feature = "fuzzing")]
pub(crate) use frame::{Step, decode, resync};
