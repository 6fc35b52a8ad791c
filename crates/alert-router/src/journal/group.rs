//! Group commit: concurrent appends share one write and one sync.
//!
//! One thread owns the order. It also asks a [`Gate`] about every record, so that deciding whether
//! a record is new and making it durable are one step that no other request can get between.

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::{error::AppendError, state::Journal};
use crate::limits::{COMMIT_BYTES_MAX, COMMIT_QUEUE_MAX, COMMIT_RECORDS_MAX};

/// Decides which records are taken, and learns what became of them. Runs on the commit thread.
pub trait Gate: Send + 'static {
    /// What comes with each record.
    type Tag: Send + 'static;

    /// Whether the record is taken; a refused one counts as a duplicate.
    fn admit(&mut self, tag: &Self::Tag) -> bool;

    /// These records are durable, in the order of their positions. Called before the senders hear.
    fn durable(&mut self, records: Vec<(u64, Self::Tag)>);

    /// Nothing of what was admitted since the last call is in the journal.
    fn failed(&mut self);
}

/// Takes everything.
impl Gate for () {
    type Tag = ();

    fn admit(&mut self, (): &()) -> bool {
        true
    }

    fn durable(&mut self, _: Vec<(u64, ())>) {}

    fn failed(&mut self) {}
}

/// What became of one request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Grouped {
    /// Records that are durable now.
    pub new: usize,
    /// Records the gate refused.
    pub duplicates: usize,
}

struct Request<T> {
    records: Vec<(Bytes, T)>,
    answer: oneshot::Sender<Result<Grouped, AppendError>>,
}

/// The asynchronous writing end of a journal. The thread ends when this is dropped and everything
/// handed over is written.
pub struct GroupCommit<G: Gate> {
    requests: mpsc::Sender<Request<G::Tag>>,
}

impl<G: Gate> GroupCommit<G> {
    /// Starts the commit thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(journal: Journal, gate: G) -> std::io::Result<Self> {
        let (requests, queue) = mpsc::channel(COMMIT_QUEUE_MAX);
        std::thread::Builder::new()
            .name("journal-commit".to_owned())
            .spawn(move || run(&journal, gate, queue))?;
        Ok(GroupCommit { requests })
    }

    /// Resolves when all records are durable (or refused by the gate). Dropping the future does not
    /// take back what was handed over.
    ///
    /// # Errors
    /// [`AppendError`]; then none of the records is in the journal.
    pub async fn append(&self, records: Vec<(Bytes, G::Tag)>) -> Result<Grouped, AppendError> {
        let (answer, answered) = oneshot::channel();
        self.requests.send(Request { records, answer }).await.map_err(|_| AppendError::Closed)?;
        answered.await.unwrap_or(Err(AppendError::Closed))
    }
}

fn run<G: Gate>(journal: &Journal, mut gate: G, mut queue: mpsc::Receiver<Request<G::Tag>>) {
    while let Some(first) = queue.blocking_recv() {
        let (mut records, mut bytes) = weight(&first);
        let mut group = vec![first];
        while records < COMMIT_RECORDS_MAX && bytes < COMMIT_BYTES_MAX {
            let Ok(next) = queue.try_recv() else { break };
            let (more_records, more_bytes) = weight(&next);
            (records, bytes) = (records + more_records, bytes + more_bytes);
            group.push(next);
        }
        commit(journal, &mut gate, group);
    }
}

fn commit<G: Gate>(journal: &Journal, gate: &mut G, group: Vec<Request<G::Tag>>) {
    let mut payloads = Vec::new();
    let mut tags = Vec::new();
    let mut answers = Vec::with_capacity(group.len());
    for request in group {
        let mut grouped = Grouped::default();
        for (payload, tag) in request.records {
            if gate.admit(&tag) {
                grouped.new += 1;
                payloads.push(payload);
                tags.push(tag);
            } else {
                grouped.duplicates += 1;
            }
        }
        answers.push((request.answer, grouped));
    }
    let result = if payloads.is_empty() { Ok(None) } else { journal.append_sync(&payloads).map(Some) };
    match &result {
        Ok(Some(appended)) => gate.durable((appended.first..).zip(tags).collect()),
        Ok(None) => {}
        Err(_) => gate.failed(),
    }
    for (answer, grouped) in answers {
        // Who no longer waits for the answer will ask again.
        let _ = answer.send(match &result {
            Ok(_) => Ok(grouped),
            Err(error) => Err(error.clone()),
        });
    }
}

fn weight<T>(request: &Request<T>) -> (usize, usize) {
    (request.records.len(), request.records.iter().map(|(payload, _)| payload.len()).sum())
}
