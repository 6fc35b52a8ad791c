//! Templates of `line_format` and `label_format`: the part of Go's text/template that Loki users
//! write, with Loki's functions.

mod dates;
mod functions;
mod lexer;
mod numbers;
mod parser;
mod render;
mod strings;
mod value;

pub(crate) use render::Template;
