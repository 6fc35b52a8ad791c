//! The log store of this host: every alert, queryable with LogQL.

mod entry;
mod output;
#[cfg(test)]
mod tests;

pub use entry::{labels, metadata};
pub use output::{Config, DESCRIPTION, StoreOutput, TENANT, WRITER};
