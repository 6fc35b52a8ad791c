//! What must be right on this machine before Quaywatch can work.

mod checks;
mod finding;

pub(crate) use checks::{examine, kernel};
pub(crate) use finding::{Finding, State};
