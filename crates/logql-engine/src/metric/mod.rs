//! Queries that return numbers.
//!
//! Every node of the tree is evaluated for all steps at once: a node's value is a table with one
//! column of optional numbers per series. Range aggregations scan the store; the rest is
//! arithmetic over columns.

mod accumulate;
mod binary;
mod evaluate;
mod fold;
mod matching;
mod range;
mod series_key;
mod statistics;
mod steps;
#[cfg(test)]
mod tests;
mod value;
mod vector;

pub(crate) use evaluate::{evaluate, sorts};
pub(crate) use fold::fold;
pub(crate) use steps::Steps;
pub(crate) use value::Column;
