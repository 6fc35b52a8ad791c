//! What the compiler says of rule files, compared with what Falco said of the same files.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a broken case file should end the test at that place"
)]

mod load;
mod stock;
