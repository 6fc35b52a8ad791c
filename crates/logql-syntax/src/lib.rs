//! LogQL, the query language of Loki: lexer, parser, tree, canonical text.
//!
//! Sits at the start of `stored -> queried`: text in, [`Expr`] out. Error texts and positions are
//! those of Loki 3.7, because users search for them. Knows no store and runs nothing.

#![forbid(unsafe_code)]

mod ast;
mod check;
mod lexer;
mod limits;
mod parser;
mod pattern;
mod pretty;
mod print;
#[cfg(test)]
mod tests;
mod token;
mod units;

pub use ast::{
    Binary, BinaryOperator, Comparison, Conversion, Expr, Extraction, FilterValue, Grouping, LabelFilter,
    LabelFormat, LabelFormatSource, LabelPick, LineFilter, LineOperator, LineTerm, LogExpr, MatchOp, Matcher,
    RangeAggregation, RangeFunction, SampleExpr, Stage, Unwrap, Variants, VectorAggregation, VectorFunction,
    VectorMatching,
};
pub use check::regex_mistake;
pub use limits::QUERY_BYTES_MAX;
pub use parser::{ParseError, parse, parse_selector};
pub use pattern::{PatternPiece, check_line_pattern, pattern_pieces};
pub use pretty::pretty;
pub use print::{format_float, quote};
pub use units::{
    format_bytes, format_duration, format_duration_go, parse_bytes, parse_duration, parse_go_duration,
    unquote,
};
