//! Which rows belong to one series.

use std::collections::HashMap;

use log_record::Labels;
use logql_syntax::Grouping;

use crate::{
    label_set::LabelSet,
    names::{NameId, Names},
    pipeline::Need,
};

/// What the series of a range aggregation are told apart by.
#[derive(Debug, Clone)]
pub(crate) enum SeriesKey {
    All,
    By(Vec<NameId>),
    Without(Vec<NameId>),
}

impl SeriesKey {
    pub(crate) fn new(grouping: Option<&Grouping>, names: &mut Names) -> Self {
        let Some(grouping) = grouping else { return SeriesKey::All };
        let mut ids: Vec<NameId> = grouping.labels.iter().map(|label| names.id(label)).collect();
        ids.sort();
        ids.dedup();
        if grouping.without { SeriesKey::Without(ids) } else { SeriesKey::By(ids) }
    }

    /// The labels that must be extracted for it.
    pub(crate) fn need(&self) -> Need {
        match self {
            SeriesKey::All | SeriesKey::Without(_) => Need::All,
            SeriesKey::By(ids) => Need::Some(ids.clone()),
        }
    }

    fn write(&self, labels: &LabelSet, key: &mut Vec<u8>) {
        key.clear();
        match self {
            SeriesKey::By(ids) => {
                for id in ids {
                    let value = labels.get(*id).unwrap_or("");
                    key.extend_from_slice(&value.len().to_le_bytes());
                    key.extend_from_slice(value.as_bytes());
                }
            }
            SeriesKey::All | SeriesKey::Without(_) => labels.identity(key),
        }
    }

    fn labels(&self, labels: &LabelSet, names: &Names) -> Labels {
        let mut pairs: Vec<(Box<str>, Box<str>)> = Vec::new();
        labels.each(|id, value| {
            let keeps = match self {
                SeriesKey::All => true,
                SeriesKey::By(ids) => ids.contains(&id),
                SeriesKey::Without(ids) => !ids.contains(&id),
            };
            if keeps {
                pairs.push(((**names.text(id)).into(), value.into()));
            }
        });
        Labels::new(pairs)
    }
}

/// The series met so far and their numbers.
#[derive(Default)]
pub(crate) struct SeriesIndex {
    by_key: HashMap<Vec<u8>, usize>,
    by_labels: HashMap<Labels, usize>,
    all: Vec<Labels>,
    buffer: Vec<u8>,
}

impl SeriesIndex {
    /// The number of the row's series.
    pub(crate) fn of_row(&mut self, key: &SeriesKey, labels: &LabelSet, names: &Names) -> usize {
        key.write(labels, &mut self.buffer);
        if let Some(found) = self.by_key.get(self.buffer.as_slice()) {
            return *found;
        }
        // Different keys may print the same labels, such as one set by two streams.
        let printed = key.labels(labels, names);
        let number = *self.by_labels.entry(printed.clone()).or_insert_with(|| {
            self.all.push(printed);
            self.all.len() - 1
        });
        self.by_key.insert(self.buffer.clone(), number);
        number
    }

    pub(crate) fn into_labels(self) -> Vec<Labels> {
        self.all
    }
}
