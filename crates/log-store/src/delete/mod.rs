//! Delete requests: kept in the manifest, left out of answers at once, removed from segments when
//! they can no longer be cancelled.

mod apply;
mod process;
mod request;
mod take;

pub(crate) use apply::{Hidden, drop_rows};
pub(crate) use process::{Dropped, Dropper, process_due};
pub(crate) use request::{ActiveDelete, StoredDelete, activate};
pub(crate) use take::{cancel, list, no_compiler, take};
