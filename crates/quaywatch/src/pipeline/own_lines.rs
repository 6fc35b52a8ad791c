//! Log lines that Quaywatch writes of itself into its own store: who asked, who was refused. They
//! stand beside the alerts, so that one LogQL query joins both.
//!
//! Never makes a request wait: what does not fit into the queue is counted and lost, and the
//! store's own trouble is retried until the queue is full.

use std::{sync::Arc, time::Duration};

use log_record::{Batch, Entry, Labels, LogWriter, StreamEntries};
use telemetry::{Counter, Registry};
use tokio::sync::mpsc;

/// Lines that may wait: some seconds of a busy gateway.
const LINES_WAITING_MAX: usize = 16_384;
/// Lines of one write.
const LINES_PER_BATCH_MAX: usize = 2_048;
/// A line is in the store this long after it was written at the latest, while the store is well.
const BATCH_WAIT: Duration = Duration::from_millis(250);
/// Pause before the store is asked again after it refused.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// One line on its way.
struct Line {
    source: &'static str,
    entry: Entry,
}

/// The way in. Cheap to clone.
#[derive(Clone)]
pub(crate) struct OwnLines {
    sender: mpsc::Sender<Line>,
    lost: Counter,
}

impl OwnLines {
    /// Starts the task that writes; it ends when the last clone is gone.
    pub(crate) fn start(writer: Arc<dyn LogWriter>, tenant: String, registry: &Registry) -> OwnLines {
        let (sender, receiver) = mpsc::channel(LINES_WAITING_MAX);
        let refused = registry.counter(
            "hub_own_write_retries_total",
            "Writes of own lines that the store refused.",
            &[],
        );
        tokio::spawn(write(receiver, writer, tenant, refused));
        OwnLines {
            sender,
            lost: registry.counter(
                "hub_own_lost_lines_total",
                "Audit and access lines that found the queue full.",
                &[],
            ),
        }
    }

    /// Writes `line` into the stream `{job="quaywatch", source="<source>"}`, at the present time.
    pub(crate) fn send(&self, source: &'static str, line: String) {
        let timestamp_ns = i64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX);
        let entry = Entry { timestamp_ns, line, metadata: Vec::new() };
        if self.sender.try_send(Line { source, entry }).is_err() {
            self.lost.increment();
        }
    }
}

async fn write(
    mut receiver: mpsc::Receiver<Line>,
    writer: Arc<dyn LogWriter>,
    tenant: String,
    retries: Counter,
) {
    let mut lines = Vec::new();
    while receiver.recv_many(&mut lines, LINES_PER_BATCH_MAX).await > 0 {
        // What comes within a moment shares the write and its fsync.
        let more = async {
            while lines.len() < LINES_PER_BATCH_MAX {
                match receiver.recv().await {
                    Some(line) => lines.push(line),
                    None => break,
                }
            }
        };
        let _ = tokio::time::timeout(BATCH_WAIT, more).await;
        let batch = batch(&tenant, lines.drain(..));
        while let Err(error) = writer.append(batch.clone()).await {
            if matches!(error, log_record::WriteError::Closed) {
                return;
            }
            retries.increment();
            tokio::time::sleep(RETRY_PAUSE).await;
        }
    }
}

fn batch(tenant: &str, lines: impl Iterator<Item = Line>) -> Batch {
    let mut streams: Vec<(&'static str, Vec<Entry>)> = Vec::new();
    for Line { source, entry } in lines {
        match streams.iter_mut().find(|(known, _)| *known == source) {
            Some((_, entries)) => entries.push(entry),
            None => streams.push((source, vec![entry])),
        }
    }
    let streams = streams.into_iter().map(|(source, entries)| StreamEntries {
        labels: Labels::new([("job", "quaywatch"), ("source", source)]),
        entries,
    });
    Batch { tenant: tenant.to_owned(), streams: streams.collect(), mark: None }
}
