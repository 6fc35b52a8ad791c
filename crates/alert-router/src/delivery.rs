//! One output's task: take what is next in the queue, deliver it, try again, move the cursor.
//!
//! A task shares nothing with other outputs but the queue, so a dead or hung output delays nobody.
//! The cursor moves only when every alert of a batch is delivered or kept as a dead letter.

use std::{collections::VecDeque, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use tokio::sync::watch;

use crate::{
    announcer::Announcer,
    backoff::Backoff,
    clock::Clock,
    dead_letter::DeadLetters,
    journal::{Journal, Reader},
    lane::{Lane, bounded},
    limits::{READ_CHUNK_BYTES, RETRY_AFTER_SECONDS_MAX},
    metrics::IntakeMetrics,
    output::{DeliveryError, Failure, Output, OutputKind, Queued},
    payload,
    tail::{Look, Tail},
    trace::Traces,
};

/// Alerts read from the queue's files at once by an output that is behind.
const BACKLOG_ALERTS: usize = 512;

/// Everything a delivery task needs.
pub(crate) struct Delivery {
    pub(crate) output: Arc<dyn Output>,
    pub(crate) lane: Arc<Lane>,
    pub(crate) journal: Journal,
    pub(crate) tail: Arc<Tail>,
    pub(crate) traces: Arc<Traces>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) intake: IntakeMetrics,
    pub(crate) dead_letters: Arc<DeadLetters>,
    pub(crate) backoff: Backoff,
    pub(crate) timeout: Duration,
    /// Newest position that is durable and in the tail.
    pub(crate) queued: watch::Receiver<u64>,
    pub(crate) stop: watch::Receiver<bool>,
    /// Told about alerts this output has, if it is the store.
    pub(crate) stored: Option<Announcer>,
}

/// What is being worked on.
struct Work {
    /// First position that was not taken from the queue yet.
    next: u64,
    /// Read from files, not delivered yet.
    backlog: VecDeque<Queued>,
    reader: Option<Reader>,
    /// Alerts per delivery; smaller while a poisonous alert is searched for.
    batch: usize,
}

/// The router is shutting down.
struct Stopped;

impl Delivery {
    /// Runs until the router stops.
    pub(crate) async fn run(mut self) {
        let batch = self.output.batch_max().max(1);
        let next = self.lane.position() + 1;
        let mut work = Work { next, backlog: VecDeque::new(), reader: None, batch };
        loop {
            let Ok(()) = self.until_resumed().await else { return };
            let (pending, through) = self.take(&mut work).await;
            if pending.is_empty() {
                self.done(through);
                let next = work.next;
                tokio::select! {
                    more = self.queued.wait_for(|queued| *queued >= next) => if more.is_err() { return },
                    _ = self.stop.wait_for(|stop| *stop) => return,
                }
                continue;
            }
            let Ok(()) = self.deliver_all(&mut work, pending).await else { return };
            self.done(through);
        }
    }

    async fn until_resumed(&mut self) -> Result<(), Stopped> {
        let mut paused = self.lane.paused.subscribe();
        tokio::select! {
            biased;
            _ = self.stop.wait_for(|stop| *stop) => Err(Stopped),
            resumed = paused.wait_for(|paused| !paused) => resumed.map(|_| ()).map_err(|_| Stopped),
        }
    }

    /// The next alerts, and the position that is reached once they are done.
    async fn take(&self, work: &mut Work) -> (Vec<Queued>, u64) {
        if work.backlog.is_empty() {
            if work.next > *self.queued.borrow() {
                return (Vec::new(), work.next - 1);
            }
            if let Look::Alerts(alerts) = self.tail.look(work.next, work.batch)
                && let Some(last) = alerts.last()
            {
                let through = last.position;
                work.next = through + 1;
                return (alerts, through);
            }
            self.read_backlog(work).await;
        }
        let count = work.batch.min(work.backlog.len());
        let alerts: Vec<Queued> = work.backlog.drain(..count).collect();
        let through = match alerts.last() {
            Some(last) if !work.backlog.is_empty() => last.position,
            _ => work.next - 1,
        };
        (alerts, through)
    }

    async fn read_backlog(&self, work: &mut Work) {
        let mut reader = work.reader.take().unwrap_or_else(|| self.journal.reader(work.next));
        reader.seek(work.next);
        let read = tokio::task::spawn_blocking(move || {
            let batch = reader.read(BACKLOG_ALERTS, READ_CHUNK_BYTES);
            (reader, batch)
        });
        let Ok((reader, batch)) = read.await else { return };
        work.reader = Some(reader);
        match batch {
            Ok(batch) => {
                work.next = work.next.max(batch.through + 1);
                for record in batch.records {
                    match payload::decode(&record.payload) {
                        Some(found) => work
                            .backlog
                            .push_back(Queued { position: record.position, alert: Arc::new(found.alert) }),
                        None => self.intake.unreadable.increment(),
                    }
                }
            }
            Err(error) => {
                self.lane.failed(&format!("reading the queue: {error}"), self.clock.now_ns());
                tokio::time::sleep(self.backoff.min).await;
            }
        }
    }

    /// Returns when every alert is delivered or a dead letter.
    async fn deliver_all(&mut self, work: &mut Work, alerts: Vec<Queued>) -> Result<(), Stopped> {
        let batch_max = self.output.batch_max().max(1);
        let mut pending: VecDeque<Queued> = alerts.into();
        let mut failures = 0;
        while !pending.is_empty() {
            self.until_resumed().await?;
            pending.make_contiguous();
            let count = work.batch.min(pending.len());
            let batch: Vec<Queued> = pending.drain(..count).collect();
            match self.attempt(&batch).await? {
                Ok(()) => {
                    failures = 0;
                    self.delivered(&batch);
                    work.batch = (work.batch * 2).min(batch_max);
                }
                Err(DeliveryError::All(Failure::Permanent { .. })) if batch.len() > 1 => {
                    work.batch = batch.len() / 2;
                    pending = batch.into_iter().chain(pending).collect();
                }
                Err(error) => {
                    let (retry, wait) = self.sort_out(batch, error);
                    if !retry.is_empty() {
                        pending = retry.into_iter().chain(pending).collect();
                        failures += 1;
                        self.pause_before_retry(failures, wait).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// One delivery, with its timeout. A stop of the router cuts it off; it is then repeated after
    /// the next start.
    async fn attempt(&mut self, batch: &[Queued]) -> Result<Result<(), DeliveryError>, Stopped> {
        if self.output.kind() == OutputKind::Store {
            self.traces.handed(batch.iter().map(|queued| queued.alert.uuid), self.clock.now_ns());
        }
        // A bug that an alert sets off must not end this task: the alert becomes a dead letter.
        let delivery = AssertUnwindSafe(self.output.deliver(batch)).catch_unwind();
        let delivery = tokio::time::timeout(self.timeout, delivery);
        let result = tokio::select! {
            biased;
            result = delivery => result,
            _ = self.stop.wait_for(|stop| *stop) => return Err(Stopped),
        };
        Ok(match result {
            Ok(Ok(delivered)) => delivered,
            Ok(Err(_)) => Err(DeliveryError::permanent("the output panicked: this is a bug in it")),
            Err(_) => {
                self.lane.metrics.timeouts.increment();
                let waited_ms = self.timeout.as_millis();
                Err(DeliveryError::retryable(format!("no answer within {waited_ms} ms")))
            }
        })
    }

    /// Sorts a failed batch: what to try again, and not before when. What failed for good becomes a
    /// dead letter; if that cannot be kept, it is tried again rather than lost.
    fn sort_out(&self, batch: Vec<Queued>, error: DeliveryError) -> (Vec<Queued>, Option<Duration>) {
        let now_ns = self.clock.now_ns();
        let failed: Vec<(usize, Failure)> = match error {
            DeliveryError::All(failure) => (0..batch.len()).map(|index| (index, failure.clone())).collect(),
            DeliveryError::Some(failed) => failed,
        };
        let (mut retry, mut delivered, mut wait) = (Vec::new(), Vec::new(), None);
        let mut last_reason = None;
        for (index, queued) in batch.into_iter().enumerate() {
            match failed.iter().find(|(failed, _)| *failed == index).map(|(_, failure)| failure) {
                None => delivered.push(queued),
                Some(Failure::Retryable { reason, after }) => {
                    wait = wait.max(*after);
                    last_reason = Some(reason.clone());
                    retry.push(queued);
                }
                Some(Failure::Permanent { reason }) => {
                    let reason = bounded(reason);
                    self.lane.dead(&reason, now_ns);
                    if let Err(error) = self.dead_letters.keep(&queued, &reason, now_ns) {
                        last_reason = Some(format!("keeping a dead letter: {error}"));
                        retry.push(queued);
                    } else {
                        self.lane.buried();
                    }
                }
            }
        }
        if !delivered.is_empty() {
            self.delivered(&delivered);
        }
        if let Some(reason) = last_reason {
            self.lane.failed(&reason, now_ns);
        }
        (retry, wait)
    }

    async fn pause_before_retry(&mut self, failures: u32, asked: Option<Duration>) -> Result<(), Stopped> {
        let asked = asked.unwrap_or_default().min(Duration::from_secs(RETRY_AFTER_SECONDS_MAX));
        let wait = self.backoff.wait(failures).max(asked);
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            () = self.lane.hurry.notified() => Ok(()),
            _ = self.stop.wait_for(|stop| *stop) => Err(Stopped),
        }
    }

    fn delivered(&self, batch: &[Queued]) {
        let now_ns = self.clock.now_ns();
        self.lane.delivered(batch.len() as u64, now_ns);
        if self.output.kind() == OutputKind::Store {
            self.traces.stored(batch.iter().map(|queued| queued.alert.uuid), now_ns);
        }
        if let Some(stored) = &self.stored {
            for queued in batch {
                stored.send(&queued.alert);
            }
        }
    }

    fn done(&self, through: u64) {
        if through > self.lane.position() {
            if let Err(error) = self.journal.commit(self.output.name(), through) {
                // The alerts are delivered; after a restart they may be delivered once more.
                tracing::warn!(output = self.output.name(), %error, "writing the cursor failed");
            }
            self.lane.advance(through, self.journal.durable());
        }
    }
}
