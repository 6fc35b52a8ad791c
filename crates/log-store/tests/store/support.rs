//! What all tests of the store need.

use std::{ops::ControlFlow, path::Path, sync::Arc};

use log_record::{
    Batch, Columns, Direction, Entry, Labels, LogReader, LogWriter, ScanRequest, StreamEntries, TimeRange,
    WriteError, WriterMark,
};
use log_store::{Config, Store};
use telemetry::Registry;

pub(crate) fn config(dir: &Path) -> Config {
    Config { data_dir: dir.to_owned(), retention_age_max_s: 0, ..Config::default() }
}

pub(crate) fn open(dir: &Path) -> Arc<Store> {
    Store::open(config(dir), &Registry::default()).unwrap()
}

pub(crate) const ALL: TimeRange = TimeRange { start_ns: i64::MIN, end_ns: i64::MAX };

pub(crate) fn labels(pairs: &[(&str, &str)]) -> Labels {
    Labels::new(pairs.iter().copied())
}

pub(crate) fn entry(timestamp_ns: i64, line: &str) -> Entry {
    Entry { timestamp_ns, line: line.to_owned(), metadata: Vec::new() }
}

pub(crate) fn with_metadata(timestamp_ns: i64, line: &str, pairs: &[(&str, &str)]) -> Entry {
    let metadata = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Entry { timestamp_ns, line: line.to_owned(), metadata }
}

pub(crate) fn batch(labels: &Labels, entries: Vec<Entry>, mark: Option<u64>) -> Batch {
    Batch {
        tenant: "fake".to_owned(),
        streams: vec![StreamEntries { labels: labels.clone(), entries }],
        mark: mark.map(|position| WriterMark { writer: "test".to_owned(), position }),
    }
}

pub(crate) fn append(store: &Store, batch: Batch) -> Result<(), WriteError> {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(store.append(batch))
}

pub(crate) fn request(direction: Direction) -> ScanRequest {
    ScanRequest {
        tenant: "fake".to_owned(),
        range: ALL,
        matchers: Vec::new(),
        line_contains: Vec::new(),
        direction,
        columns: Columns { line: true, metadata: true, json_fields: Vec::new() },
    }
}

/// A delivered row.
pub(crate) type Row = (i64, String, String, Vec<(String, String)>);

/// All rows of a scan, block by block as delivered; checks the promised order.
pub(crate) fn blocks(store: &Store, request: &ScanRequest) -> Vec<Vec<Row>> {
    let mut all: Vec<Vec<Row>> = Vec::new();
    let mut bound: Option<i64> = None;
    store
        .scan(request, &mut |block| {
            assert!(!block.is_empty());
            assert!(block.timestamps_ns.is_sorted(), "rows of a block are oldest first");
            let key = match request.direction {
                Direction::Forward => block.timestamps_ns[0],
                Direction::Backward => block.timestamps_ns[block.len() - 1],
            };
            if let Some(bound) = bound {
                match request.direction {
                    Direction::Forward => assert!(bound <= key),
                    Direction::Backward => assert!(bound >= key),
                }
            }
            bound = Some(key);
            let row = |row: usize| {
                let metadata = block.metadata.row(row).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
                let line = block.lines.get(row).unwrap_or("<no line>").to_owned();
                (block.timestamps_ns[row], format!("{:?}", block.stream(row).unwrap()), line, metadata)
            };
            all.push((0..block.len()).map(row).collect());
            ControlFlow::Continue(())
        })
        .unwrap();
    all
}

/// All rows of a scan, sorted.
pub(crate) fn rows(store: &Store, request: &ScanRequest) -> Vec<Row> {
    let mut rows: Vec<Row> = blocks(store, request).concat();
    rows.sort();
    rows
}

/// All lines of a store, sorted by time.
pub(crate) fn lines(store: &Store) -> Vec<String> {
    rows(store, &request(Direction::Forward)).into_iter().map(|row| row.2).collect()
}
