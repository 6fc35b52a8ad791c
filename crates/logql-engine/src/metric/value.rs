//! The value of a node: a number, or columns.

use log_record::Labels;

use super::steps::Steps;
use crate::result::{Sample, Series};

/// One series over all steps.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) labels: Labels,
    /// As many as there are steps.
    pub(crate) values: Vec<Option<f64>>,
}

/// See the module.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Scalar(f64),
    Table(Vec<Column>),
}

/// No labels.
pub(crate) fn no_labels() -> Labels {
    Labels::new(Vec::<(String, String)>::new())
}

impl Value {
    /// A number becomes one column without labels.
    pub(crate) fn into_columns(self, steps: Steps) -> Vec<Column> {
        match self {
            Value::Scalar(value) => {
                vec![Column { labels: no_labels(), values: vec![Some(value); steps.count] }]
            }
            Value::Table(columns) => columns,
        }
    }

    /// Series with at least one point, sorted by labels.
    pub(crate) fn into_matrix(self, steps: Steps) -> Vec<Series> {
        let mut all: Vec<Series> = self
            .into_columns(steps)
            .into_iter()
            .map(|column| Series {
                labels: column.labels,
                points: column
                    .values
                    .iter()
                    .enumerate()
                    .filter_map(|(index, value)| value.map(|value| (steps.at(index), value)))
                    .collect(),
            })
            .filter(|series| !series.points.is_empty())
            .collect();
        all.sort_by(|left, right| left.labels.cmp(&right.labels));
        all
    }

    /// The samples of the first step; `ordered` keeps the order of the columns.
    pub(crate) fn into_vector(self, steps: Steps, ordered: bool) -> Vec<Sample> {
        let mut all: Vec<Sample> = self
            .into_columns(steps)
            .into_iter()
            .filter_map(|column| {
                let value = column.values.first().copied().flatten()?;
                Some(Sample { labels: column.labels, time_ns: steps.at(0), value })
            })
            .collect();
        if !ordered {
            all.sort_by(|left, right| left.labels.cmp(&right.labels));
        }
        all
    }
}
