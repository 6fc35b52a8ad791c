//! A plain store in memory: the model the API is tested on.

use std::{collections::HashMap, future::Future, ops::ControlFlow, pin::Pin, sync::Mutex};

use log_record::{
    Batch, Direction, Entry, LabelMatcher, Labels, LogReader, LogWriter, MetadataColumn, ReadError,
    RecordBlock, ScanRequest, ScanSummary, TextColumn, TimeRange, WriteError,
};

/// Rows of a block: small, so that queries see many of them.
const BLOCK_ROWS: usize = 37;

type Row = (Labels, Entry);

/// Entries per tenant, in arrival order.
#[derive(Default)]
pub(crate) struct MemoryStore {
    tenants: Mutex<HashMap<String, Vec<Row>>>,
}

impl LogWriter for MemoryStore {
    fn append<'a>(
        &'a self,
        batch: Batch,
    ) -> Pin<Box<dyn Future<Output = Result<(), WriteError>> + Send + 'a>> {
        let mut tenants = self.tenants.lock().unwrap();
        let rows = tenants.entry(batch.tenant).or_default();
        for stream in batch.streams {
            for entry in stream.entries {
                if !rows.iter().any(|(labels, found)| *labels == stream.labels && *found == entry) {
                    rows.push((stream.labels.clone(), entry));
                }
            }
        }
        Box::pin(async { Ok(()) })
    }

    fn mark(&self, _writer: &str) -> Option<u64> {
        None
    }
}

impl MemoryStore {
    fn rows(&self, tenant: &str, range: TimeRange, matchers: &[LabelMatcher]) -> Vec<Row> {
        let tenants = self.tenants.lock().unwrap();
        let mut rows: Vec<Row> = tenants
            .get(tenant)
            .into_iter()
            .flatten()
            .filter(|(labels, entry)| {
                (range.start_ns..range.end_ns).contains(&entry.timestamp_ns)
                    && matchers.iter().all(|matcher| matcher.matches(labels))
            })
            .cloned()
            .collect();
        rows.sort_by_key(|(_, entry)| entry.timestamp_ns);
        rows
    }
}

impl LogReader for MemoryStore {
    fn scan(
        &self,
        request: &ScanRequest,
        visit: &mut dyn FnMut(&RecordBlock<'_>) -> ControlFlow<()>,
    ) -> Result<ScanSummary, ReadError> {
        let rows = self.rows(&request.tenant, request.range, &request.matchers);
        let mut blocks: Vec<&[Row]> = rows.chunks(BLOCK_ROWS).collect();
        if request.direction == Direction::Backward {
            blocks.reverse();
        }
        let mut summary = ScanSummary::default();
        for (number, rows) in blocks.into_iter().enumerate() {
            summary.blocks_read += 1;
            // Every other block has its JSON fields as columns, as a mixed store would.
            if Block::new(rows, request, number % 2 == 0).visit(visit).is_break() {
                break;
            }
        }
        Ok(summary)
    }

    fn streams(
        &self,
        tenant: &str,
        range: TimeRange,
        matchers: &[LabelMatcher],
    ) -> Result<Vec<Labels>, ReadError> {
        let mut all: Vec<Labels> =
            self.rows(tenant, range, matchers).into_iter().map(|(labels, _)| labels).collect();
        all.sort();
        all.dedup();
        Ok(all)
    }
}

#[derive(Default)]
struct Texts {
    offsets: Vec<i32>,
    data: String,
}

impl Texts {
    fn push(&mut self, text: &str) {
        if self.offsets.is_empty() {
            self.offsets.push(0);
        }
        self.data.push_str(text);
        self.offsets.push(self.data.len() as i32);
    }

    fn column(&self) -> TextColumn<'_> {
        TextColumn { offsets: &self.offsets, data: &self.data }
    }
}

#[derive(Default)]
struct Block {
    streams: Vec<Labels>,
    stream_of_row: Vec<u32>,
    timestamps: Vec<i64>,
    lines: Texts,
    metadata_offsets: Vec<i32>,
    names: Texts,
    values: Texts,
    fields: Vec<(String, Texts)>,
}

impl Block {
    fn new(rows: &[Row], request: &ScanRequest, shredded: bool) -> Self {
        let mut block = Block { metadata_offsets: vec![0], ..Block::default() };
        if shredded {
            block.fields =
                request.columns.json_fields.iter().map(|name| (name.clone(), Texts::default())).collect();
        }
        for (labels, entry) in rows {
            let stream = block.streams.iter().position(|found| found == labels).unwrap_or_else(|| {
                block.streams.push(labels.clone());
                block.streams.len() - 1
            });
            block.stream_of_row.push(stream as u32);
            block.timestamps.push(entry.timestamp_ns);
            if request.columns.line {
                block.lines.push(&entry.line);
            }
            for (name, value) in &entry.metadata {
                block.names.push(name);
                block.values.push(value);
            }
            block.metadata_offsets.push(block.names.offsets.len().saturating_sub(1) as i32);
            let mut flat = HashMap::new();
            if let Ok(value) = serde_json::from_str(&entry.line) {
                flatten("", &value, &mut flat);
            }
            for (name, texts) in &mut block.fields {
                texts.push(flat.get(name).map_or("", String::as_str));
            }
        }
        block
    }

    fn visit(&self, visit: &mut dyn FnMut(&RecordBlock<'_>) -> ControlFlow<()>) -> ControlFlow<()> {
        let fields: Vec<(&str, TextColumn<'_>)> =
            self.fields.iter().map(|(name, texts)| (name.as_str(), texts.column())).collect();
        visit(&RecordBlock {
            streams: &self.streams,
            stream_of_row: &self.stream_of_row,
            timestamps_ns: &self.timestamps,
            lines: self.lines.column(),
            metadata: MetadataColumn {
                offsets: &self.metadata_offsets,
                names: self.names.column(),
                values: self.values.column(),
            },
            json_fields: &fields,
        })
    }
}

fn flatten(prefix: &str, value: &serde_json::Value, out: &mut HashMap<String, String>) {
    match value {
        serde_json::Value::Object(members) => {
            for (name, value) in members {
                let name: String = name
                    .chars()
                    .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' })
                    .collect();
                let name = if prefix.is_empty() { name } else { format!("{prefix}_{name}") };
                flatten(&name, value, out);
            }
        }
        serde_json::Value::String(text) => {
            out.insert(prefix.to_owned(), text.clone());
        }
        serde_json::Value::Number(_) | serde_json::Value::Bool(_) => {
            out.insert(prefix.to_owned(), value.to_string());
        }
        serde_json::Value::Null | serde_json::Value::Array(_) => {}
    }
}
