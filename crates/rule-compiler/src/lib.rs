//! Rule files to typed, compiled rules.
//!
//! Second step of `rule file -> compiled rule`: YAML with places, items, `append` and `override`,
//! exceptions, lists, macros, type checks; then one shared program, an index by event, and the
//! [`event::Interest`] that the kernel is asked for. Every mistake is reported with Falco's code,
//! its place, the reason and a way out. Knows no event source; [`Test`] and [`Operand`] know how
//! to be evaluated, the rule engine knows when.

#![forbid(unsafe_code)]

mod calls;
mod check;
mod collect;
mod compile;
mod constants;
mod events;
mod exceptions;
mod facts;
mod fields;
mod filters;
mod format;
mod glob;
mod hash;
mod interest;
mod items;
pub mod limits;
mod lists;
mod macros;
mod operand;
mod options;
mod outputs;
mod path_prefixes;
mod path_set;
mod program;
mod report;
mod rules;
mod source;
mod test;
#[cfg(test)]
mod tests;
mod yaml;

pub use compile::compile;
pub use events::CodeSet;
pub use fields::{FieldRef, OwnedArgument};
pub use filters::compile_filters;
pub use format::{Format, Part};
pub use glob::Glob;
pub use hash::{FastHash, FastHasher};
pub use operand::Operand;
pub use options::{AppendOutput, ExtraField, Matching, Options, Selected, Selection};
pub use path_set::PathSet;
pub use program::{Node, NodeId, OperandId, Program};
pub use report::{Code, Problem, Report};
pub use rule_syntax::Operator;
pub use rules::{ExtraValue, Rule, RuleSet};
pub use source::RuleFile;
pub use test::{Test, compare};
