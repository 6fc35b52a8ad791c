//! Tests on a real kernel with real containers: they are in `tests/system/`.
//!
//! Beside the flow: each test starts the built `quaywatch`, does real things in real containers
//! and asks what came of them. This library is empty; it holds the place of the crate.

#![forbid(unsafe_code)]
