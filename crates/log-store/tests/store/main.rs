//! The store through its two traits.

mod basics;
mod support;
