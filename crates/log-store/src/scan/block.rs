//! A loaded block: only rows that pass, oldest first, with the columns that were asked for.

use std::collections::HashMap;

use arrow_array::{MapArray, StringArray, cast::AsArray};
use log_record::{Columns, Labels, MetadataColumn, RecordBlock, TextColumn};

use crate::{
    index::Catalogue,
    memtable::MemBlock,
    rows::{Metadata, Texts},
};

/// Where a column's texts live.
#[derive(Debug)]
pub(crate) enum TextHolder {
    Owned(Texts),
    Arrow(StringArray),
}

impl TextHolder {
    pub(crate) fn view(&self) -> TextColumn<'_> {
        match self {
            TextHolder::Owned(texts) => texts.view(),
            TextHolder::Arrow(texts) => arrow_view(texts),
        }
    }
}

fn arrow_view(texts: &StringArray) -> TextColumn<'_> {
    // Checked once when it was decoded; this second check is the price of having no unsafe code.
    TextColumn { offsets: texts.value_offsets(), data: std::str::from_utf8(texts.values()).unwrap_or("") }
}

/// Where structured metadata lives.
#[derive(Debug)]
pub(crate) enum MetadataHolder {
    Owned(Metadata),
    Arrow(MapArray),
}

impl MetadataHolder {
    pub(crate) fn view(&self) -> MetadataColumn<'_> {
        match self {
            MetadataHolder::Owned(metadata) => metadata.view(),
            MetadataHolder::Arrow(map) => {
                let (names, values) =
                    (map.keys().as_string_opt::<i32>(), map.values().as_string_opt::<i32>());
                match (names, values) {
                    (Some(names), Some(values)) => MetadataColumn {
                        offsets: map.value_offsets(),
                        names: arrow_view(names),
                        values: arrow_view(values),
                    },
                    _ => MetadataColumn::default(),
                }
            }
        }
    }
}

/// Rows ready to be delivered. Streams are numbers of the catalogue.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) streams: Vec<u32>,
    pub(crate) timestamps_ns: Vec<i64>,
    pub(crate) lines: Option<TextHolder>,
    pub(crate) metadata: Option<MetadataHolder>,
    pub(crate) json_fields: Vec<(String, TextHolder)>,
}

impl Loaded {
    /// Copies the chosen rows of a memtable block.
    pub(crate) fn from_memory(block: &MemBlock, chosen: &[usize], columns: &Columns) -> Self {
        let rows = &block.rows;
        let lines = columns.line.then(|| {
            let mut lines = Texts::default();
            chosen.iter().for_each(|&row| lines.push(rows.lines.get(row)));
            TextHolder::Owned(lines)
        });
        let metadata = columns.metadata.then(|| {
            let mut metadata = Metadata::default();
            chosen.iter().for_each(|&row| metadata.push(rows.metadata.view().row(row)));
            MetadataHolder::Owned(metadata)
        });
        Loaded {
            streams: chosen.iter().map(|&row| rows.stream(row)).collect(),
            timestamps_ns: chosen.iter().map(|&row| rows.timestamp_ns(row)).collect(),
            lines,
            metadata,
            json_fields: Vec::new(),
        }
    }

    pub(crate) fn oldest_ns(&self) -> i64 {
        self.timestamps_ns.first().copied().unwrap_or(i64::MAX)
    }

    pub(crate) fn newest_ns(&self) -> i64 {
        self.timestamps_ns.last().copied().unwrap_or(i64::MIN)
    }

    /// Shows the rows to `visit`.
    pub(crate) fn deliver<R>(&self, names: &StreamNames<'_>, visit: impl FnOnce(&RecordBlock<'_>) -> R) -> R {
        let (streams, stream_of_row) = names.localise(&self.streams);
        let json_fields: Vec<(&str, TextColumn<'_>)> =
            self.json_fields.iter().map(|(name, texts)| (name.as_str(), texts.view())).collect();
        visit(&RecordBlock {
            streams: &streams,
            stream_of_row: &stream_of_row,
            timestamps_ns: &self.timestamps_ns,
            lines: self.lines.as_ref().map_or_else(TextColumn::default, TextHolder::view),
            metadata: self.metadata.as_ref().map_or_else(MetadataColumn::default, MetadataHolder::view),
            json_fields: &json_fields,
        })
    }
}

/// Labels of the streams that a scan can meet.
#[derive(Debug)]
pub(crate) struct StreamNames<'a> {
    pub(crate) catalogue: &'a parking_lot::RwLock<Catalogue>,
}

impl StreamNames<'_> {
    /// The streams that occur, and for each row its place among them.
    fn localise(&self, streams: &[u32]) -> (Vec<Labels>, Vec<u32>) {
        let mut places: HashMap<u32, u32> = HashMap::new();
        let mut labels = Vec::new();
        let catalogue = self.catalogue.read();
        let mut last = (u32::MAX, u32::MAX);
        let of_row = streams
            .iter()
            .map(|&stream| {
                // Rows of one stream often follow each other.
                if last.0 != stream || last.1 == u32::MAX {
                    let place = *places.entry(stream).or_insert_with(|| {
                        let none = || Labels::new([("", ""); 0]);
                        labels.push(catalogue.get(stream).map_or_else(none, |stream| stream.labels.clone()));
                        labels.len() as u32 - 1
                    });
                    last = (stream, place);
                }
                last.1
            })
            .collect();
        (labels, of_row)
    }
}
