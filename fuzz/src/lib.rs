//! A store that holds one block, for targets that need one.

use std::{future::Future, ops::ControlFlow, pin::Pin};

use log_record::{
    Batch, LabelMatcher, Labels, LogReader, LogWriter, MetadataColumn, ReadError, RecordBlock, ScanRequest,
    ScanSummary, TextColumn, TimeRange, WriteError,
};

/// Lines of one stream, one a second from 1970 on. What is appended is thrown away.
#[derive(Debug, Default)]
pub struct Lines(pub Vec<String>);

fn stream() -> Labels {
    Labels::new([("app", "x"), ("n", "7")])
}

impl LogReader for Lines {
    fn scan(
        &self,
        request: &ScanRequest,
        visit: &mut dyn FnMut(&RecordBlock<'_>) -> ControlFlow<()>,
    ) -> Result<ScanSummary, ReadError> {
        let mut summary = ScanSummary::default();
        if !request.matchers.iter().all(|matcher| matcher.matches(&stream())) {
            return Ok(summary);
        }
        let timestamps_ns: Vec<i64> = (0..).map(|s| s * 1_000_000_000).take(self.0.len()).collect();
        let ends = self.0.iter().scan(0, |end, line| {
            *end += line.len() as i32;
            Some(*end)
        });
        let offsets: Vec<i32> = std::iter::once(0).chain(ends).collect();
        let data = self.0.concat();
        let starts: Vec<i32> = (0..).take(self.0.len() + 1).collect();
        let (names, values) = ("m".repeat(self.0.len()), "1".repeat(self.0.len()));
        let block = RecordBlock {
            streams: &[stream()],
            stream_of_row: &vec![0; self.0.len()],
            timestamps_ns: &timestamps_ns,
            lines: TextColumn { offsets: &offsets, data: &data },
            metadata: MetadataColumn {
                offsets: &starts,
                names: TextColumn { offsets: &starts, data: &names },
                values: TextColumn { offsets: &starts, data: &values },
            },
            json_fields: &[],
        };
        summary.blocks_read = 1;
        summary.rows = self.0.len() as u64;
        let _ = visit(&block);
        Ok(summary)
    }

    fn streams(&self, _: &str, _: TimeRange, _: &[LabelMatcher]) -> Result<Vec<Labels>, ReadError> {
        Ok(vec![stream()])
    }
}

impl LogWriter for Lines {
    fn append<'a>(&'a self, _: Batch) -> Pin<Box<dyn Future<Output = Result<(), WriteError>> + Send + 'a>> {
        Box::pin(async { Ok(()) })
    }

    fn mark(&self, _: &str) -> Option<u64> {
        None
    }
}
