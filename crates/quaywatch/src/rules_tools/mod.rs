//! Tools for people who write rules: tests, a formatter, costs, the lists of fields and events.

mod given;
pub(crate) mod profile;
mod reformat;
pub(crate) mod tables;
mod test_file;

pub(crate) use reformat::{format_file, replace_file};
pub(crate) use test_file::run_tests;
