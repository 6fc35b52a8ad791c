//! A store in memory for the demo and the tests of the API: alerts under the stream labels of our
//! own store.

use std::ops::ControlFlow;

use alert::Alert;
use log_record::{
    Direction, LabelMatcher, Labels, LogReader, ReadError, RecordBlock, ScanRequest, ScanSummary, TextColumn,
    TimeRange,
};
use parking_lot::RwLock;

/// Rows of one block: small, so that tests cross block borders.
const BLOCK_ROWS: usize = 64;

/// Rows sorted by time.
#[derive(Debug, Default)]
pub(crate) struct MemoryStore(RwLock<Vec<(i64, Labels, String)>>);

impl MemoryStore {
    /// Stores an alert as the store output does.
    pub(crate) fn add(&self, alert: &Alert) {
        let field = |name: &str| alert.field_text(name).map(|text| text.into_owned()).unwrap_or_default();
        let labels = Labels::new([
            ("rule", alert.rule.clone()),
            ("source", alert.source.clone()),
            ("priority", alert.priority.name().to_owned()),
            ("hostname", alert.hostname.clone()),
            ("tags", alert.tags.join(",")),
            ("container_name", field("container.name")),
            ("proc_name", field("proc.name")),
            ("container_image_repository", field("container.image.repository")),
        ]);
        let mut rows = self.0.write();
        let at = rows.partition_point(|(time_ns, _, _)| *time_ns <= alert.time_ns);
        rows.insert(at, (alert.time_ns, labels, alert.to_json_line()));
    }

    /// Stores a line that is no alert.
    #[allow(dead_code, reason = "the demo has only alerts")]
    pub(crate) fn add_line(&self, time_ns: i64, labels: Labels, line: &str) {
        let mut rows = self.0.write();
        let at = rows.partition_point(|(found, _, _)| *found <= time_ns);
        rows.insert(at, (time_ns, labels, line.to_owned()));
    }
}

impl LogReader for MemoryStore {
    fn scan(
        &self,
        request: &ScanRequest,
        visit: &mut dyn FnMut(&RecordBlock<'_>) -> ControlFlow<()>,
    ) -> Result<ScanSummary, ReadError> {
        let rows = self.0.read();
        let range = request.range;
        let wanted: Vec<&(i64, Labels, String)> = rows
            .iter()
            .filter(|(time_ns, _, _)| (range.start_ns..range.end_ns).contains(time_ns))
            .filter(|(_, labels, _)| request.matchers.iter().all(|matcher| matcher.matches(labels)))
            .collect();
        let mut blocks: Vec<&[&(i64, Labels, String)]> = wanted.chunks(BLOCK_ROWS).collect();
        if request.direction == Direction::Backward {
            blocks.reverse();
        }
        for rows in blocks {
            let streams: Vec<Labels> = rows.iter().map(|row| row.1.clone()).collect();
            let stream_of_row: Vec<u32> = (0..).take(rows.len()).collect();
            let timestamps_ns: Vec<i64> = rows.iter().map(|row| row.0).collect();
            let (mut data, mut offsets) = (String::new(), vec![0]);
            for row in rows.iter().filter(|_| request.columns.line) {
                data.push_str(&row.2);
                offsets.push(i32::try_from(data.len()).unwrap_or(i32::MAX));
            }
            let block = RecordBlock {
                streams: &streams,
                stream_of_row: &stream_of_row,
                timestamps_ns: &timestamps_ns,
                lines: TextColumn { offsets: &offsets, data: &data },
                metadata: Default::default(),
                json_fields: &[],
            };
            if visit(&block).is_break() {
                break;
            }
        }
        Ok(ScanSummary::default())
    }

    fn streams(&self, _: &str, _: TimeRange, _: &[LabelMatcher]) -> Result<Vec<Labels>, ReadError> {
        Ok(Vec::new())
    }
}
