//! `quaywatch selftest`: three harmless actions in a throwaway container, each followed through
//! every hop from the kernel to a query's answer.

mod actions;
pub(crate) mod applet;
mod container;
mod follow;
mod report;

pub(crate) use follow::{Options, run};
