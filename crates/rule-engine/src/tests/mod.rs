//! Tests of evaluation, of alerts and of what the compiler tells the kernel.

mod alerts;
mod operators;
mod properties;
mod source;
