//! Reads any number of lines from our own or any other Loki, page by page.

mod format;
mod pages;

pub(crate) use format::{Format, Writer};
pub(crate) use pages::{Door, Order, Pages};
