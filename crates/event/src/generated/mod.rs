//! Tables made from `conformance/falco/tables` by `cargo xtask codegen`.

#[rustfmt::skip]
pub(crate) mod events;
#[rustfmt::skip]
pub(crate) mod fields;
#[rustfmt::skip]
pub mod flags;
