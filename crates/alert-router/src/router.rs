//! The router: takes alerts, makes them durable, and starts one delivery task per output.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use alert::{Alert, AlertId, Uuid};
use parking_lot::Mutex;
use telemetry::Registry;
use tokio::{
    sync::{broadcast, watch},
    task::JoinHandle,
};

use crate::{
    announcer::Announcer,
    backoff::Backoff,
    clock::Clock,
    config::Config,
    dead_letter::DeadLetters,
    delivery::Delivery,
    intake::{Intake, MARKS_CURSOR},
    journal::{self, AppendError, Environment, GroupCommit, Hold, Journal, OpenError, Start},
    lane::Lane,
    limits::ALERT_BYTES_MAX,
    metrics::{IntakeMetrics, OutputMetrics},
    output::{Output, OutputKind},
    payload::{self, Timings},
    status::RouterStatus,
    tail::Tail,
    trace::{Trace, Traces},
};

/// One alert that has arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// Who made it, for alerts of our own sensors; foreign alerts have none and are never taken for
    /// duplicates. A sequence at or below one that was accepted before is a duplicate.
    pub id: Option<AlertId>,
    /// The alert.
    pub alert: Alert,
    /// When it passed the hops so far.
    pub timings: Timings,
}

/// What became of a request; every alert of it is durable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Alerts that were new.
    pub new: usize,
    /// Alerts that had been accepted before.
    pub duplicates: usize,
}

/// Why nothing of a request was taken.
#[derive(Debug, Clone, thiserror::Error)]
pub enum IngestError {
    /// One alert is longer than any may be.
    #[error("an alert of {bytes} bytes is over the limit of {bytes_max}")]
    TooLarge {
        /// Its length in JSON.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// The queue does not take it now; the sender keeps it and comes again.
    #[error(transparent)]
    Refused(#[from] AppendError),
}

/// Why the router cannot start.
#[derive(Debug, thiserror::Error)]
pub enum RouterError {
    /// The queue.
    #[error(transparent)]
    Queue(#[from] OpenError),
    /// Something beside the queue.
    #[error("preparing the router in {}: {source}", directory.display())]
    Io {
        /// The router's folder.
        directory: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Two outputs would share a cursor.
    #[error("two outputs have the name {0:?}: give one of them another name")]
    DuplicateOutput(String),
}

/// The alert router of a hub. Cheap to clone; clones share. Lives in a tokio runtime.
#[derive(Clone)]
pub struct Router(Arc<Shared>);

struct Shared {
    journal: Journal,
    commit: GroupCommit<Intake>,
    clock: Arc<dyn Clock>,
    registry: Registry,
    metrics: IntakeMetrics,
    lanes: Arc<[Arc<Lane>]>,
    dead_letters: Vec<(String, Arc<DeadLetters>)>,
    traces: Arc<Traces>,
    stored: Announcer,
    stop: watch::Sender<bool>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Router {
    /// Opens the queue and starts delivering to the outputs. Call it inside a tokio runtime.
    ///
    /// # Errors
    /// [`RouterError`]; damage in the queue's files is skipped and counted instead.
    pub fn open(
        config: Config,
        outputs: Vec<Arc<dyn Output>>,
        registry: &Registry,
    ) -> Result<Router, RouterError> {
        Self::open_in(config, outputs, registry, Environment::default())
    }

    /// [`Router::open`] with another clock and disk.
    ///
    /// # Errors
    /// As [`Router::open`].
    pub fn open_in(
        config: Config,
        outputs: Vec<Arc<dyn Output>>,
        registry: &Registry,
        environment: Environment,
    ) -> Result<Router, RouterError> {
        let directory = config.directory.clone();
        let at = |source| RouterError::Io { directory: directory.clone(), source };
        let journal = Journal::open(
            "queue",
            &directory.join("journal"),
            config.queue.clone(),
            environment.clone(),
            registry,
        )?;
        let lanes = open_lanes(&config, &journal, &outputs, registry)?;
        let metrics = IntakeMetrics::new(registry);
        let tail = Arc::new(Tail::default());
        let traces = Arc::new(Traces::default());
        let queued = watch::Sender::new(journal.durable());
        let stored = Announcer::new(registry);
        let has_store = outputs.iter().any(|output| output.kind() == OutputKind::Store);
        let intake = Intake {
            marks: crate::intake::load_marks(&directory, &journal, &metrics).map_err(at)?,
            saved: journal.position(MARKS_CURSOR).unwrap_or(0),
            directory: directory.clone(),
            journal: journal.clone(),
            clock: environment.clock.clone(),
            metrics: metrics.clone(),
            tail: tail.clone(),
            traces: traces.clone(),
            lanes: lanes.clone(),
            queued: queued.clone(),
            // Without a store an alert is seen as soon as it is safe.
            stored: (!has_store).then(|| stored.clone()),
        };
        let commit = GroupCommit::start(journal.clone(), intake).map_err(at)?;
        let stop = watch::Sender::new(false);
        let mut shared = Shared {
            journal,
            commit,
            clock: environment.clock,
            registry: registry.clone(),
            metrics,
            lanes,
            dead_letters: Vec::new(),
            traces,
            stored,
            stop,
            tasks: Mutex::default(),
        };
        std::fs::create_dir_all(directory.join("dead")).map_err(at)?;
        shared.start_deliveries(&config, outputs, &tail, &queued);
        Ok(Router(Arc::new(shared)))
    }

    /// Takes alerts; resolves when all of them are durable.
    ///
    /// # Errors
    /// [`IngestError`]; then none of them was taken.
    pub async fn ingest(&self, incoming: Vec<Incoming>) -> Result<Accepted, IngestError> {
        let count = incoming.len() as u64;
        let mut records = Vec::with_capacity(incoming.len());
        for Incoming { id, alert, timings } in incoming {
            let payload = payload::encode(id.as_ref(), timings, &alert);
            if payload.len() > ALERT_BYTES_MAX {
                self.0.metrics.refused.add(count);
                return Err(IngestError::TooLarge { bytes: payload.len(), bytes_max: ALERT_BYTES_MAX });
            }
            let bytes = payload.len();
            records.push((payload, crate::intake::Entry { id, alert: Arc::new(alert), timings, bytes }));
        }
        match self.0.commit.append(records).await {
            Ok(grouped) => Ok(Accepted { new: grouped.new, duplicates: grouped.duplicates }),
            Err(error) => {
                self.0.metrics.refused.add(count);
                Err(error.into())
            }
        }
    }

    /// Every alert from now on, once the store has it (or, without a store, once it is durable).
    /// A subscriber that is too slow is told how many it missed. At least once: after a failure an
    /// alert may come again.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Alert>> {
        self.0.stored.subscribe()
    }

    /// The queue and every output.
    pub fn status(&self) -> RouterStatus {
        let queue = self.0.journal.status();
        let outputs = self.0.lanes.iter().map(|lane| lane.status(queue.durable)).collect();
        RouterStatus { queue, outputs }
    }

    /// The way of one of the newest alerts through the hops.
    pub fn trace(&self, uuid: &Uuid) -> Option<Trace> {
        self.0.traces.get(uuid)
    }

    /// The ways of the newest alerts of a container, newest first. A prefix of the id is enough.
    pub fn traces_of_container(&self, container_id: &str) -> Vec<Trace> {
        self.0.traces.of_container(container_id)
    }

    /// The ways of the newest alerts, newest first.
    pub fn traces(&self, traces_max: usize) -> Vec<Trace> {
        self.0.traces.newest(traces_max)
    }

    /// Stops deliveries to an output (its alerts stay in the queue) or goes on; `false` = no such
    /// output. A delivery under way is finished first.
    pub fn set_paused(&self, output: &str, paused: bool) -> bool {
        self.lane(output).is_some_and(|lane| {
            lane.paused.send_replace(paused);
            true
        })
    }

    /// Ends an output's wait before its next try; `false` = no such output.
    pub fn retry_now(&self, output: &str) -> bool {
        self.lane(output).is_some_and(|lane| {
            lane.hurry.notify_waiters();
            true
        })
    }

    /// The newest dead letters of an output, oldest of them first, as
    /// `{"position","time_ns","reason","alert"}`. Blocking: reads a file.
    pub fn dead_letters(&self, output: &str, letters_max: usize) -> Vec<serde_json::Value> {
        let found = self.0.dead_letters.iter().find(|(name, _)| name == output);
        found.map(|(_, letters)| letters.newest(letters_max)).unwrap_or_default()
    }

    /// Stops taking deliveries up and waits for the tasks. What is not delivered stays queued.
    pub async fn shutdown(&self) {
        self.0.stop.send_replace(true);
        let tasks = std::mem::take(&mut *self.0.tasks.lock());
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a delivery task failed");
            }
        }
    }

    /// The router's clock.
    pub(crate) fn now_ns(&self) -> i64 {
        self.0.clock.now_ns()
    }

    /// Where the router counts.
    pub(crate) fn registry(&self) -> &Registry {
        &self.0.registry
    }

    fn lane(&self, output: &str) -> Option<&Arc<Lane>> {
        self.0.lanes.iter().find(|lane| lane.name == output)
    }
}

impl Shared {
    fn start_deliveries(
        &mut self,
        config: &Config,
        outputs: Vec<Arc<dyn Output>>,
        tail: &Arc<Tail>,
        queued: &watch::Sender<u64>,
    ) {
        let mut tasks = Vec::new();
        for (output, lane) in outputs.into_iter().zip(self.lanes.iter()) {
            let discarded = lane.metrics.dead_letters_discarded.clone();
            let dead_letters =
                Arc::new(DeadLetters::new(&config.directory.join("dead"), &lane.name, discarded));
            self.dead_letters.push((lane.name.clone(), dead_letters.clone()));
            let max = Duration::from_millis(config.retry_ms_max);
            let delivery = Delivery {
                backoff: Backoff {
                    min: Duration::from_millis(config.retry_ms_min),
                    max: output.retry_max().map_or(max, |own| own.min(max)),
                },
                stored: (output.kind() == OutputKind::Store).then(|| self.stored.clone()),
                output,
                lane: lane.clone(),
                journal: self.journal.clone(),
                tail: tail.clone(),
                traces: self.traces.clone(),
                clock: self.clock.clone(),
                intake: self.metrics.clone(),
                dead_letters,
                timeout: Duration::from_millis(config.delivery_timeout_ms),
                queued: queued.subscribe(),
                stop: self.stop.subscribe(),
            };
            tasks.push(tokio::spawn(delivery.run()));
        }
        *self.tasks.lock() = tasks;
    }
}

/// Finds where each output stands, and forgets outputs that are not configured any more.
fn open_lanes(
    config: &Config,
    journal: &Journal,
    outputs: &[Arc<dyn Output>],
    registry: &Registry,
) -> Result<Arc<[Arc<Lane>]>, RouterError> {
    let at = |source| RouterError::Io { directory: config.directory.clone(), source };
    let mut names: Vec<String> = vec![MARKS_CURSOR.to_owned()];
    let mut lanes = Vec::new();
    for output in outputs {
        let cursor = output.name().to_owned();
        if names.contains(&cursor) {
            return Err(RouterError::DuplicateOutput(cursor));
        }
        let (start, hold) = match output.kind() {
            OutputKind::Store => (Start::Oldest, Hold::Essential),
            OutputKind::Notification => (Start::Newest, Hold::Expendable),
        };
        let position = journal.cursor(&cursor, start, hold).map_err(at)?;
        if let Some(resume) = output.resume_position() {
            journal.continue_after(resume);
        }
        let metrics = OutputMetrics::new(&cursor, registry);
        let paused = config.paused_outputs.contains(&cursor);
        lanes.push(Arc::new(Lane::new(&cursor, output.kind(), metrics, paused, position)));
        names.push(cursor);
    }
    journal.cursor(MARKS_CURSOR, Start::Oldest, journal::Hold::Essential).map_err(at)?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    journal.retain_cursors(&names).map_err(at)?;
    Ok(lanes.into())
}
