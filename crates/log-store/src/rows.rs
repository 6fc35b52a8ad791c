//! Owned columns of rows: what a memtable holds and what a filtered block is gathered into.

use log_record::{MetadataColumn, TextColumn};

/// Texts in one buffer, in Arrow's layout.
#[derive(Debug, Clone)]
pub(crate) struct Texts {
    offsets: Vec<i32>,
    data: String,
}

impl Default for Texts {
    fn default() -> Self {
        Texts { offsets: vec![0], data: String::new() }
    }
}

impl Texts {
    pub(crate) fn push(&mut self, text: &str) {
        self.data.push_str(text);
        // Callers bound a block far below 2 GiB; were one larger, its rows would read as empty.
        self.offsets.push(i32::try_from(self.data.len()).unwrap_or(i32::MAX));
    }

    /// Adds a text that `write` appends to what is there.
    pub(crate) fn push_with(&mut self, write: impl FnOnce(&mut String)) {
        write(&mut self.data);
        self.offsets.push(i32::try_from(self.data.len()).unwrap_or(i32::MAX));
    }

    /// Makes room: growth by doubling would hold twice what is needed.
    pub(crate) fn reserve(&mut self, texts: usize, bytes: usize) {
        self.offsets.reserve_exact(texts);
        self.data.reserve_exact(bytes);
    }

    pub(crate) fn view(&self) -> TextColumn<'_> {
        TextColumn { offsets: &self.offsets, data: &self.data }
    }

    pub(crate) fn get(&self, index: usize) -> &str {
        self.view().get(index).unwrap_or("")
    }

    pub(crate) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// As many empty texts.
    pub(crate) fn empty(count: usize) -> Self {
        Texts { offsets: vec![0; count + 1], data: String::new() }
    }
}

/// Structured metadata, in Arrow's layout of a list of pairs.
#[derive(Debug, Clone)]
pub(crate) struct Metadata {
    offsets: Vec<i32>,
    names: Texts,
    values: Texts,
}

impl Default for Metadata {
    fn default() -> Self {
        Metadata { offsets: vec![0], names: Texts::default(), values: Texts::default() }
    }
}

impl Metadata {
    pub(crate) fn push<'a>(&mut self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) {
        for (name, value) in pairs {
            self.names.push(name);
            self.values.push(value);
        }
        self.offsets.push(i32::try_from(self.names.len()).unwrap_or(i32::MAX));
    }

    pub(crate) fn view(&self) -> MetadataColumn<'_> {
        MetadataColumn { offsets: &self.offsets, names: self.names.view(), values: self.values.view() }
    }
}

/// Rows by columns. Streams are numbers of the [`crate::index::Catalogue`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    pub(crate) streams: Vec<u32>,
    pub(crate) timestamps_ns: Vec<i64>,
    pub(crate) lines: Texts,
    pub(crate) metadata: Metadata,
}

impl Rows {
    pub(crate) fn push<'a>(
        &mut self,
        stream: u32,
        timestamp_ns: i64,
        line: &str,
        metadata: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) {
        self.streams.push(stream);
        self.timestamps_ns.push(timestamp_ns);
        self.lines.push(line);
        self.metadata.push(metadata);
    }

    /// Makes room for so many rows and bytes of lines.
    pub(crate) fn reserve(&mut self, rows: usize, line_bytes: usize) {
        self.streams.reserve_exact(rows);
        self.timestamps_ns.reserve_exact(rows);
        self.lines.reserve(rows, line_bytes);
    }

    pub(crate) fn len(&self) -> usize {
        self.timestamps_ns.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.timestamps_ns.is_empty()
    }

    pub(crate) fn stream(&self, row: usize) -> u32 {
        self.streams.get(row).copied().unwrap_or(u32::MAX)
    }

    pub(crate) fn timestamp_ns(&self, row: usize) -> i64 {
        self.timestamps_ns.get(row).copied().unwrap_or(0)
    }
}
