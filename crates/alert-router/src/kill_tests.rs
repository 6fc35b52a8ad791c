//! The whole router killed with SIGKILL at random moments, again and again: what was confirmed is
//! in the store, and everything is there once.

use std::{
    fs::{File, OpenOptions},
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use rand::{Rng as _, SeedableRng as _};
use telemetry::Registry;

use crate::{
    DeliveryError, Output, OutputKind, Queued, Router,
    journal::JournalConfig,
    testing::{alert, config, incoming, until},
};

const CHILD: &str = "QUAYWATCH_ROUTER_CHILD";
const FROM: &str = "QUAYWATCH_ROUTER_FROM";

/// A store of one file: `<position> <uuid>` lines, each batch in one write that is whole or torn at
/// its end. The last whole line is the mark.
struct FileStore {
    file: File,
    mark: AtomicU64,
}

impl FileStore {
    fn open(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let mark =
            text[..whole].lines().last().map_or(0, |line| line.split(' ').next().unwrap().parse().unwrap());
        let file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        file.set_len(whole as u64).unwrap();
        FileStore { file, mark: AtomicU64::new(mark) }
    }
}

#[async_trait]
impl Output for FileStore {
    fn name(&self) -> &str {
        "store"
    }

    fn kind(&self) -> OutputKind {
        OutputKind::Store
    }

    fn batch_max(&self) -> usize {
        20
    }

    fn resume_position(&self) -> Option<u64> {
        Some(self.mark.load(Ordering::Relaxed))
    }

    async fn deliver(&self, batch: &[Queued]) -> Result<(), DeliveryError> {
        let mark = self.mark.load(Ordering::Relaxed);
        let mut text = String::new();
        for queued in batch.iter().filter(|queued| queued.position > mark) {
            text.push_str(&format!("{} {}\n", queued.position, queued.alert.uuid));
        }
        (&self.file)
            .write_all(text.as_bytes())
            .map_err(|error| DeliveryError::retryable(error.to_string()))?;
        self.mark.store(batch.last().unwrap().position, Ordering::Relaxed);
        Ok(())
    }
}

fn open(directory: &Path) -> Router {
    let mut settings = config(directory);
    settings.queue = JournalConfig { segment_bytes: 16_384, bytes_max: 1 << 28, ..settings.queue };
    let store = Arc::new(FileStore::open(&stored(directory)));
    Router::open(settings, vec![store], &Registry::default()).unwrap()
}

fn stored(directory: &Path) -> PathBuf {
    directory.join("stored")
}

/// Not a test of its own: the process that [`killed_at_any_moment_every_alert_is_stored_once`]
/// kills.
#[tokio::test]
async fn child_that_routes_until_killed() {
    let Ok(directory) = std::env::var(CHILD) else { return };
    let mut next: u64 = std::env::var(FROM).unwrap().parse().unwrap();
    let router = open(Path::new(&directory));
    let mut out = std::io::stdout();
    loop {
        let count = 1 + next % 4;
        router.ingest((next..next + count).map(incoming).collect()).await.unwrap();
        next += count;
        writeln!(out, "confirmed {next}").unwrap();
    }
}

#[tokio::test]
async fn killed_at_any_moment_every_alert_is_stored_once() {
    let seed: u64 =
        std::env::var("QUAYWATCH_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(rand::random);
    println!("QUAYWATCH_SEED={seed}");
    let mut random = rand::rngs::StdRng::seed_from_u64(seed);
    let directory = tempfile::tempdir().unwrap();
    let mut confirmed = 0_u64;
    for _ in 0..15 {
        // The sender does not know what became of its last requests, so it sends some again.
        let from = confirmed.saturating_sub(random.random_range(0..10));
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill_tests::child_that_routes_until_killed", "--nocapture"])
            .env(CHILD, directory.path())
            .env(FROM, from.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let wanted = random.random_range(1..200);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut seen = 0;
        for line in lines {
            // The test runner may have put its own words in front of the first line.
            let Some((_, next)) = line.split_once("confirmed ") else { continue };
            confirmed = confirmed.max(next.parse().unwrap());
            seen += 1;
            if seen == wanted {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
    }
    let router = open(directory.path());
    until("everything is stored", || router.status().outputs[0].lag == 0).await;
    router.shutdown().await;
    let text = std::fs::read_to_string(stored(directory.path())).unwrap();
    let found: Vec<&str> = text.lines().map(|line| line.split(' ').nth(1).unwrap()).collect();
    assert!(found.len() as u64 >= confirmed, "seed {seed}: {} of {confirmed}", found.len());
    let expected: Vec<String> = (0..found.len() as u64).map(|index| alert(index).uuid.to_string()).collect();
    assert_eq!(found, expected, "seed {seed}: each once and in order");
}
