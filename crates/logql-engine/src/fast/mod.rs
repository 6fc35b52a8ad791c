//! Ways round the general pipeline, where a store can do tests and counts on its columns. None
//! of them changes an answer: tests are done again on every row that is handed out, and what the
//! store counts itself is what the general way would have counted.

mod group;
mod tests_of;

pub(crate) use group::{grouped, merge};
pub(crate) use tests_of::row_tests;
