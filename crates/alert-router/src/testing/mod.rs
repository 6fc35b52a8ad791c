//! What tests of this crate and of outputs share. Not part of a release build.

mod fixtures;

pub use fixtures::alert;
