//! Delivery to a terminal or pipe that may stop taking bytes at any moment.
//!
//! One thread writes, so that a stuck reader holds up this thread and nothing else. It remembers
//! what it has written: a delivery that was given up and comes again prints nothing twice.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::Duration,
};

use alert::Alert;
use alert_router::{DeliveryError, Output, Queued};
use async_trait::async_trait;
use tokio::sync::oneshot;

use crate::{limits::STDOUT_BATCH_MAX, list::Description};

/// What it is.
pub const DESCRIPTION: Description = Description {
    name: "stdout",
    summary: "one line per alert on the standard output, as Falco prints them",
};

/// Settings of the standard output.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether alerts are printed.
    pub enabled: bool,
    /// How a line looks.
    pub format: Format,
}

impl Default for Config {
    fn default() -> Self {
        // As Falco: who starts it in a terminal or a container sees at once what it finds.
        Config { enabled: true, format: Format::Json }
    }
}

/// How a line looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// The whole alert as JSON (Falco: `json_output: true`).
    #[default]
    Json,
    /// Time, priority and text (Falco's default).
    Text,
}

/// Prints alerts.
pub struct StdoutOutput {
    format: Format,
    jobs: mpsc::SyncSender<Job>,
    /// Newest position that is written.
    written: Arc<AtomicU64>,
}

struct Job {
    lines: Vec<(u64, String)>,
    answer: oneshot::Sender<io::Result<()>>,
}

impl StdoutOutput {
    /// Prints to the standard output.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new(config: &Config) -> io::Result<Self> {
        Self::to_writer(config, io::stdout())
    }

    /// Prints to anything.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn to_writer(config: &Config, mut writer: impl Write + Send + 'static) -> io::Result<Self> {
        let (jobs, queue) = mpsc::sync_channel::<Job>(1);
        let written = Arc::new(AtomicU64::new(0));
        let progress = written.clone();
        std::thread::Builder::new().name("output-stdout".to_owned()).spawn(move || {
            while let Ok(job) = queue.recv() {
                let result = write(&mut writer, &job.lines, &progress);
                // Who gave up asks again.
                let _ = job.answer.send(result);
            }
        })?;
        Ok(StdoutOutput { format: config.format, jobs, written })
    }
}

fn write(writer: &mut impl Write, lines: &[(u64, String)], written: &AtomicU64) -> io::Result<()> {
    for (position, line) in lines {
        // A job that was given up may still stand in the channel before its repetition.
        if *position > written.load(Ordering::Acquire) {
            writer.write_all(line.as_bytes())?;
            written.store(*position, Ordering::Release);
        }
    }
    writer.flush()
}

#[async_trait]
impl Output for StdoutOutput {
    fn name(&self) -> &str {
        DESCRIPTION.name
    }

    fn batch_max(&self) -> usize {
        STDOUT_BATCH_MAX
    }

    fn retry_max(&self) -> Option<Duration> {
        Some(Duration::from_secs(5))
    }

    async fn deliver(&self, batch: &[Queued]) -> Result<(), DeliveryError> {
        let written = self.written.load(Ordering::Acquire);
        let unwritten = batch.iter().filter(|queued| queued.position > written);
        let lines = unwritten.map(|queued| (queued.position, line(self.format, &queued.alert))).collect();
        let (answer, answered) = oneshot::channel();
        self.jobs.try_send(Job { lines, answer }).map_err(|_| {
            DeliveryError::retryable("whoever reads the standard output does not take its lines")
        })?;
        match answered.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                Err(DeliveryError::retryable(format!("writing to the standard output: {error}")))
            }
            Err(_) => Err(DeliveryError::retryable("the standard output's thread has ended")),
        }
    }
}

/// One line with its end. The text is escaped where it would break the line or steer a terminal:
/// process names and paths are the attacker's.
fn line(format: Format, alert: &Alert) -> String {
    let mut line = match format {
        Format::Json => alert.to_json_line(),
        Format::Text => {
            let mut text = String::with_capacity(alert.output.len() + 1);
            for character in alert.output.chars() {
                if character.is_control() {
                    text.extend(character.escape_default());
                } else {
                    text.push(character);
                }
            }
            text
        }
    };
    line.push('\n');
    line
}
