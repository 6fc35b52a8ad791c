//! `./x bench store`: a fresh hub is filled over HTTP and asked everything that DESIGN's table
//! has a number for; each answer is compared with a naive scan of the same lines.

mod http;
mod hub;
mod lines;
mod naive;
mod push;
mod queries;
mod run;

pub(crate) use run::{HELP, run};
