//! A block of records by columns, in Arrow's layout, borrowed from whoever holds it.

use crate::Labels;

/// Rows of one block, sorted by time, oldest first (ties in arrival order).
#[derive(Debug, Clone, Copy)]
pub struct RecordBlock<'a> {
    /// Streams that occur in the block.
    pub streams: &'a [Labels],
    /// For every row the index of its stream in `streams`.
    pub stream_of_row: &'a [u32],
    /// For every row nanoseconds since 1970.
    pub timestamps_ns: &'a [i64],
    /// For every row its line; empty when the request did not ask for lines.
    pub lines: TextColumn<'a>,
    /// For every row its structured metadata; empty when not asked for.
    pub metadata: MetadataColumn<'a>,
    /// Shredded JSON fields that were asked for and exist, by their flattened name
    /// (`output_fields_proc_name`). A field that is absent here must be parsed from the line.
    pub json_fields: &'a [(&'a str, TextColumn<'a>)],
}

impl RecordBlock<'_> {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.timestamps_ns.len()
    }

    /// No rows.
    pub fn is_empty(&self) -> bool {
        self.timestamps_ns.is_empty()
    }

    /// The labels of a row's stream.
    pub fn stream(&self, row: usize) -> Option<&Labels> {
        let index = usize::try_from(*self.stream_of_row.get(row)?).ok()?;
        self.streams.get(index)
    }
}

/// UTF-8 texts in one buffer: text `i` is `data[offsets[i]..offsets[i + 1]]`.
#[derive(Debug, Clone, Copy, Default)]
pub struct TextColumn<'a> {
    /// One more than there are texts, or empty.
    pub offsets: &'a [i32],
    /// All texts, one after another.
    pub data: &'a str,
}

impl<'a> TextColumn<'a> {
    /// How many texts.
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// No texts.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Text `index`.
    pub fn get(&self, index: usize) -> Option<&'a str> {
        let start = usize::try_from(*self.offsets.get(index)?).ok()?;
        let end = usize::try_from(*self.offsets.get(index.checked_add(1)?)?).ok()?;
        self.data.get(start..end)
    }
}

/// Structured metadata: the pairs of row `i` are `offsets[i]..offsets[i + 1]` of `names` and
/// `values`.
#[derive(Debug, Clone, Copy, Default)]
pub struct MetadataColumn<'a> {
    /// One more than there are rows, or empty.
    pub offsets: &'a [i32],
    /// Names of all pairs.
    pub names: TextColumn<'a>,
    /// Values of all pairs.
    pub values: TextColumn<'a>,
}

impl<'a> MetadataColumn<'a> {
    /// The pairs of a row; none when metadata was not asked for.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let bound = |index: usize| self.offsets.get(index).and_then(|&offset| usize::try_from(offset).ok());
        let range = bound(row).zip(bound(row.saturating_add(1))).map_or(0..0, |(start, end)| start..end);
        let (names, values) = (self.names, self.values);
        range.filter_map(move |index| names.get(index).zip(values.get(index)))
    }
}
