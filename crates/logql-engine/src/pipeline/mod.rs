//! The pipeline of a log expression, compiled.
//!
//! [`compile`](compile::Pipeline::compile) turns the tree into matchers for the store, line
//! filters that run over whole text columns, and steps that run per remaining row.

mod compile;
mod detect;
mod ip;
mod json;
mod json_path;
mod json_scan;
mod label_filter;
mod line_filter;
mod logfmt;
mod need;
mod pattern;
mod regex_translate;
mod row;
mod sanitize;
mod step;
mod template;
mod unpack;

pub(crate) use compile::Pipeline;
pub use compile::matchers_of;
pub use detect::{LineField, LineParser, line_fields};
pub(crate) use label_filter::{Filter, bytes_error, duration_error, number};
pub(crate) use need::Need;
pub(crate) use regex_translate::{anchored, regex};
pub(crate) use row::{Row, Work};
pub use template::AlertTemplate;
