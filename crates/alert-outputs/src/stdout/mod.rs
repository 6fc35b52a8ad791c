//! Alerts as lines on the standard output, as Falco prints them.

mod output;
#[cfg(test)]
mod tests;

pub use output::{Config, DESCRIPTION, Format, StdoutOutput};
