//! `patterns`: what the lines of a query look like when their variable parts are left out.
//!
//! Mined when asked for, from the newest lines, with the Drain algorithm (He et al., ICWS 2017) in
//! the parameters of Loki's pattern ingester.

mod handler;
mod miner;
mod tokens;

pub(crate) use handler::patterns;
