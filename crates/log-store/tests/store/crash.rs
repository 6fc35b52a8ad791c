//! kill -9 at random moments, and at chosen ones: nothing acknowledged is lost, nothing is
//! doubled, marks agree.

use std::{
    io::{self, BufRead, BufReader, Write},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use log_record::LogWriter;
use log_store::{DiskOperation, DiskWatch, Store};
use telemetry::Registry;

use crate::support::{append, batch, config, entry, labels, lines, open};

const DIR: &str = "LOG_STORE_CRASH_DIR";
/// `<kill point>:<how many times it is passed>`.
const POINT: &str = "LOG_STORE_CRASH_POINT";

/// Where the child dies: before the change, so that the one before it is done.
const POINTS: [&str; 8] =
    ["reply", "segment", "manifest", "manifest-rename", "chain", "log-file", "log-write", "log-cut"];

/// Ends the process at a change of the disk.
#[derive(Debug)]
struct KillAt {
    point: String,
    left: AtomicU64,
}

impl DiskWatch for KillAt {
    fn before(&self, operation: &DiskOperation<'_>) -> io::Result<()> {
        let is_log = |path: &std::path::Path| path.extension().is_some_and(|extension| extension == "wal");
        let point = match operation {
            DiskOperation::Acknowledge => "reply",
            DiskOperation::Put { .. } => "segment",
            DiskOperation::Create(path) if path.ends_with("manifest.new") => "manifest",
            DiskOperation::Rename { .. } => "manifest-rename",
            DiskOperation::Write { path, .. } if path.ends_with("chain") => "chain",
            DiskOperation::Create(path) if is_log(path) => "log-file",
            DiskOperation::SyncFile(path) if is_log(path) => "log-write",
            DiskOperation::Remove(path) if is_log(path) => "log-cut",
            _ => return Ok(()),
        };
        if point == self.point && self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            // Itself, by the shell's kill: no unsafe code, no handler, no unwinding.
            let _ = Command::new("kill").args(["-9", &std::process::id().to_string()]).status();
            std::process::abort();
        }
        Ok(())
    }
}

/// Not a test by itself: the child that is killed. Writes numbered entries from its mark on and
/// says each number once it is acknowledged.
#[test]
fn crash_child() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let mut config = config(dir.as_ref());
    // Tiny, so that kills hit flushes, manifests and log cuts as well.
    config.flush_bytes = 4 << 10;
    config.wal_segment_bytes = 2 << 10;
    config.segment_bytes_max = 64 << 10;
    config.small_segments_max = 6;
    if let Some((point, count)) = std::env::var(POINT).ok().as_deref().and_then(|text| text.split_once(':')) {
        let left = AtomicU64::new(count.parse().unwrap());
        config.disk_watch = Some(Arc::new(KillAt { point: point.to_owned(), left }));
    }
    let store = Store::open(config, &Registry::default()).unwrap();
    let stream = labels(&[("app", "crash")]);
    let mut out = std::io::stdout();
    for number in store.mark("test").unwrap_or(0) + 1.. {
        let rows = vec![entry(number as i64, &format!("entry {number} {}", "x".repeat(100)))];
        append(&store, batch(&stream, rows, Some(number))).unwrap();
        writeln!(out, "acknowledged {number}").unwrap();
    }
}

#[test]
fn killed_at_random_moments_it_loses_and_doubles_nothing() {
    let seed: u64 = match std::env::var("LOG_STORE_CRASH_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => {
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64
        }
    };
    let usual = if std::env::var_os("QUAYWATCH_SOAK").is_some() { 200 } else { 16 };
    let rounds: u64 = std::env::var("LOG_STORE_CRASH_ROUNDS").map_or(usual, |rounds| rounds.parse().unwrap());
    println!("LOG_STORE_CRASH_SEED={seed} LOG_STORE_CRASH_ROUNDS={rounds}");
    let dir = tempfile::tempdir().unwrap();
    let mut random = seed;
    for round in 0..rounds {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let (count, extra_micros) = (1 + (random >> 33) % 400, (random >> 20) % 3000);
        // Every other time at one of the points, passed a few times before.
        let point = POINTS[(round / 2) as usize % POINTS.len()];
        let point = (round % 2 == 1).then(|| format!("{point}:{}", 1 + (random >> 45) % 5));
        let acknowledged = run_and_kill(dir.path(), count, extra_micros, point.as_deref());
        let store = open(dir.path());
        let found: Vec<u64> =
            lines(&store).iter().map(|line| line.split(' ').nth(1).unwrap().parse().unwrap()).collect();
        let last = found.last().copied().unwrap_or(0);
        let expected: Vec<u64> = (1..=last).collect();
        assert_eq!(found, expected, "seed {seed}: each entry once, without a gap");
        assert!(last >= acknowledged, "seed {seed}: {acknowledged} was acknowledged, the last is {last}");
        assert_eq!(store.mark("test").unwrap_or(0), last, "seed {seed}: the mark agrees with the entries");
    }
}

/// Runs the child until it has acknowledged so many and then a moment longer; gives the last
/// number that it said.
fn run_and_kill(dir: &std::path::Path, count: u64, extra_micros: u64, point: Option<&str>) -> u64 {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "crash::crash_child", "--nocapture"]).env(DIR, dir).stdout(Stdio::piped());
    if let Some(point) = point {
        command.env(POINT, point);
    }
    let mut child = command.spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let mut acknowledged = 0;
    let mut said = 0;
    for line in output.lines() {
        if let Some((_, number)) = line.unwrap().split_once("acknowledged ") {
            acknowledged = number.parse().unwrap();
            said += 1;
            if said == count && point.is_none() {
                // The kill itself must be at an arbitrary moment: nothing is awaited here.
                std::thread::sleep(Duration::from_micros(extra_micros));
                child.kill().unwrap();
            }
        }
    }
    child.wait().unwrap();
    acknowledged
}
