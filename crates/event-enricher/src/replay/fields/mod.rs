//! The fields of rules on a replayed event, one file per group of names, with libsinsp's rules
//! for what is missing and what is an empty text.

mod container;
mod descriptor;
mod dispatch;
mod event;
mod file_path;
mod lineage;
mod polled;
mod process;
mod socket;
mod thread;
mod user;
mod values;

pub(crate) use dispatch::extract;
