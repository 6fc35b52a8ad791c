//! Tamper evidence: every batch extends a chain of hashes, and every change of the set of
//! segments is an entry of it. docs/tamper-evidence.md says what it proves.

mod entry;
mod hash;
mod joint;
mod ledger;
mod live;
mod verify;

pub(crate) use entry::ChainTip;
pub use entry::Seal;
pub use entry::{ChainEvent, ChainHead};
pub(crate) use hash::{BatchChain, Hash, hash_of};
pub(crate) use joint::Joint;
pub(crate) use ledger::Ledger;
pub(crate) use live::seal_missing;
pub use verify::{VerifyError, VerifyReport, head as verify_head, verify};
