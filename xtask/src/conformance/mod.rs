//! `conformance falco`: the built program against golden cases, through its command line.

mod alerts;
mod compare;
mod falco;
mod fields;
mod filters;
mod load;
mod output;
mod program;
mod score;
mod tables;

pub(crate) use falco::{HELP, run};
