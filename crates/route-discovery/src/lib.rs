//! Docker labels and files become routes.

#![forbid(unsafe_code)]
