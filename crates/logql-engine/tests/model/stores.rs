//! The readers that are asked: a real store with some of the lines in segments, and the same
//! through the plain scan alone.

use std::{ops::ControlFlow, sync::Arc};

use log_record::{
    Batch, Entry, LabelMatcher, Labels, LogReader, LogWriter as _, ReadError, RecordBlock, ScanRequest,
    ScanSummary, StreamEntries, TimeRange,
};
use log_store::{Config, Store};
use telemetry::Registry;

use crate::lines::Line;

pub(crate) struct Stores {
    store: Arc<Store>,
    _folder: tempfile::TempDir,
}

impl Stores {
    pub(crate) fn new(lines: &[Line], flushed: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config =
            Config { data_dir: folder.path().to_owned(), retention_age_max_s: 0, ..Config::default() };
        let store = Store::open(config, &Registry::default()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (first, second) = lines.split_at(flushed.min(lines.len()));
        for part in [first, second] {
            let streams = part
                .iter()
                .map(|line| StreamEntries {
                    labels: Labels::new([("app", line.app)]),
                    entries: vec![entry(line)],
                })
                .collect();
            runtime.block_on(store.append(Batch { tenant: "fake".to_owned(), streams, mark: None })).unwrap();
            if part.len() == first.len() {
                store.flush().unwrap();
            }
        }
        Stores { store, _folder: folder }
    }

    pub(crate) fn readers(&self) -> [(&'static str, Arc<dyn LogReader>); 2] {
        [("store", self.store.clone()), ("plain scan", Arc::new(PlainScan(self.store.clone())))]
    }
}

fn entry(line: &Line) -> Entry {
    let metadata = line.user.map(|user| ("user".to_owned(), user.to_owned())).into_iter().collect();
    Entry { timestamp_ns: line.time_ns, line: line.text(), metadata }
}

/// A store without any shorter way: no counts, no fields by column, no hints taken.
struct PlainScan(Arc<Store>);

impl LogReader for PlainScan {
    fn scan(
        &self,
        request: &ScanRequest,
        visit: &mut dyn FnMut(&RecordBlock<'_>) -> ControlFlow<()>,
    ) -> Result<ScanSummary, ReadError> {
        let mut plain = request.clone();
        plain.line_contains.clear();
        plain.columns.json_fields.clear();
        self.0.scan(&plain, &mut |block| visit(&RecordBlock { json_fields: &[], ..*block }))
    }

    fn streams(
        &self,
        tenant: &str,
        range: TimeRange,
        matchers: &[LabelMatcher],
    ) -> Result<Vec<Labels>, ReadError> {
        self.0.streams(tenant, range, matchers)
    }
}
