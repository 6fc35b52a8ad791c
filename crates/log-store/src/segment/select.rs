//! Which rows of a segment pass the tests of a request, told from columns.

use log_record::{LineTest, ReadError, RowTests};

use super::{
    grams::NeedleGrams,
    group::Group,
    index::SegmentIndex,
    labels::{self, LabelValues, UNKNOWN},
    needle,
};
use crate::limits::NEEDLE_BYTES_MAX;

/// Rows that pass, and whether that is exact: otherwise some of them may fail.
#[derive(Debug)]
pub(crate) struct Selected {
    /// By row; none when all pass.
    pub(crate) rows: Option<Vec<bool>>,
    pub(crate) is_exact: bool,
}

/// Does `contains` and `tests` on all rows of a segment.
pub(crate) fn select(
    group: Group<'_>,
    index: &SegmentIndex,
    contains: &[String],
    tests: &RowTests,
) -> Result<Selected, ReadError> {
    let mut selected = Selected { rows: None, is_exact: true };
    let one = |text: &String| LineTest { any_of: vec![text.clone()], negated: false };
    for test in contains.iter().map(one).chain(tests.lines.iter().cloned()) {
        if test.any_of.iter().any(|text| text.len() > NEEDLE_BYTES_MAX) {
            selected.is_exact = false;
            continue;
        }
        let rows = lines(group, &test)?;
        if selected.narrow(rows) {
            return Ok(selected);
        }
    }
    for test in &tests.labels {
        let mut values = LabelValues::default();
        let Some(numbers) = labels::numbers(group, index, (&test.name, test.is_parsed), &mut values)? else {
            selected.is_exact = false;
            continue;
        };
        let passing = values.passing(test);
        let rows = numbers
            .iter()
            .map(|number| *number == UNKNOWN || passing.get(*number as usize).copied().unwrap_or(false));
        if selected.narrow(rows.collect()) {
            break;
        }
    }
    Ok(selected)
}

impl Selected {
    /// True when no row is left.
    fn narrow(&mut self, rows: Vec<bool>) -> bool {
        match &mut self.rows {
            Some(before) => before.iter_mut().zip(&rows).for_each(|(before, now)| *before &= now),
            none => *none = Some(rows),
        }
        self.rows.as_ref().is_some_and(|rows| !rows.contains(&true))
    }
}

fn lines(group: Group<'_>, test: &LineTest) -> Result<Vec<bool>, ReadError> {
    let mut passing = vec![false; group.layout.rows as usize];
    for text in &test.any_of {
        let grams = NeedleGrams::new(std::slice::from_ref(text));
        if grams.is_empty() || grams.may_occur(&group.filter()?) {
            let rows = needle::rows_with(group, text)?;
            passing.iter_mut().zip(rows).for_each(|(pass, row)| *pass |= row);
        }
    }
    if test.negated {
        passing.iter_mut().for_each(|pass| *pass = !*pass);
    }
    Ok(passing)
}
