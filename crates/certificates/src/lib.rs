//! Given certificates and the local authority, and who gets which.

#![forbid(unsafe_code)]
