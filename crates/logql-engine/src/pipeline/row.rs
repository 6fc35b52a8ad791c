//! What the steps of a pipeline work on.

use std::borrow::Cow;

use super::need::Need;
use crate::{label_set::LabelSet, names::Names};

/// The row at hand, besides its labels.
pub(crate) struct Row<'a> {
    pub(crate) timestamp_ns: i64,
    pub(crate) line: Cow<'a, str>,
}

/// What is reused from row to row.
pub(crate) struct Work {
    pub(crate) names: Names,
    pub(crate) labels: LabelSet,
    pub(crate) need: Need,
    /// For building names and values.
    pub(crate) scratch: String,
}

impl Work {
    pub(crate) fn new() -> Self {
        let mut names = Names::new();
        let labels = LabelSet::new(&mut names);
        Work { names, labels, need: Need::All, scratch: String::new() }
    }
}
