//! The fields of rules, one file per group of names.
//!
//! Every name of the field table ends up in one of these files or is missing; a field without
//! data is `None`. Where Falco prints a value that stands for "nothing" (`<NA>` as a user's name)
//! the comment says so.

pub(crate) mod container;
mod descriptor;
mod dispatch;
mod event;
mod file_path;
mod kubernetes;
mod lineage;
mod process;
mod thread;
mod user;
mod values;

pub(crate) use dispatch::extract;
use values::{int, owned};

#[cfg(test)]
#[path = "../fields_tests.rs"]
mod tests;
