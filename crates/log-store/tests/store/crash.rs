//! kill -9 at random moments: nothing acknowledged is lost, nothing is doubled, marks agree.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    time::Duration,
};

use log_record::LogWriter;
use log_store::Store;
use telemetry::Registry;

use crate::support::{append, batch, config, entry, labels, lines, open};

const DIR: &str = "LOG_STORE_CRASH_DIR";

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
    let rounds: u64 = std::env::var("LOG_STORE_CRASH_ROUNDS").map_or(6, |rounds| rounds.parse().unwrap());
    println!("LOG_STORE_CRASH_SEED={seed} LOG_STORE_CRASH_ROUNDS={rounds}");
    let dir = tempfile::tempdir().unwrap();
    let mut random = seed;
    for _ in 0..rounds {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let acknowledged = run_and_kill(dir.path(), 1 + (random >> 33) % 400, (random >> 20) % 3000);
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
fn run_and_kill(dir: &std::path::Path, count: u64, extra_micros: u64) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::crash_child", "--nocapture"])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let mut acknowledged = 0;
    let mut said = 0;
    for line in output.lines() {
        if let Some((_, number)) = line.unwrap().split_once("acknowledged ") {
            acknowledged = number.parse().unwrap();
            said += 1;
            if said == count {
                // The kill itself must be at an arbitrary moment: nothing is awaited here.
                std::thread::sleep(Duration::from_micros(extra_micros));
                child.kill().unwrap();
            }
        }
    }
    child.wait().unwrap();
    acknowledged
}
