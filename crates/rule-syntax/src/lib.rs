//! Lexer, parser and AST of Falco's rule language: conditions and output formats.
//!
//! First step of `rule file -> compiled rule`: text in, `(Ast, Vec<Diagnostic>)` out, never a
//! failure, never unbounded recursion. Knows no field, no type and no YAML: whether `proc.nope`
//! exists is the compiler's business.

#![forbid(unsafe_code)]

mod ast;
mod lexer;
pub mod limits;
mod output;
mod parser;
mod print;
mod span;
#[cfg(test)]
mod tests;
mod walk;

pub use ast::{
    Argument, Check, Expr, ExprKind, FieldExpr, Left, Modifier, Operator, Right, Transform, TransformKind,
    Word,
};
pub use output::{OutputFormat, Token, parse_operand, parse_output};
pub use parser::parse;
pub use print::{Style, print, print_field, print_transform};
pub use span::{Diagnostic, Span};
