//! Templates of `line_format` and `label_format`, and of alerting rules: the part of Go's
//! text/template that Loki users write, with Loki's functions.

mod alerts;
mod basics;
mod dates;
mod functions;
mod lexer;
mod numbers;
mod parser;
mod printf;
mod render;
mod strings;
#[cfg(test)]
mod tests;
mod value;

pub use alerts::AlertTemplate;
pub(crate) use render::Template;
