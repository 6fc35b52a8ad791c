//! The journal against a simple model, against damage, and against being killed. Long, because all
//! of them share the same few helpers.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use proptest::prelude::*;
use rand::{Rng as _, SeedableRng as _};
use telemetry::Registry;

use super::*;
use crate::clock::{Clock, FreeSpace};

/// A clock and a disk a test turns by hand.
#[derive(Default)]
struct World {
    now_ns: AtomicI64,
    used_bytes: AtomicU64,
}

impl Clock for World {
    fn now_ns(&self) -> i64 {
        self.now_ns.load(Ordering::Relaxed)
    }
}

impl FreeSpace for World {
    fn free_bytes(&self, _: &Path) -> std::io::Result<u64> {
        Ok((1_u64 << 40).saturating_sub(self.used_bytes.load(Ordering::Relaxed)))
    }
}

fn small() -> JournalConfig {
    JournalConfig { segment_bytes: 4_096, bytes_max: 64 * 1024, fsync: false, ..JournalConfig::default() }
}

fn open_with(directory: &Path, config: JournalConfig, registry: &Registry) -> Journal {
    Journal::open("test", directory, config, Environment::default(), registry).unwrap()
}

fn open(directory: &Path) -> Journal {
    open_with(directory, small(), &Registry::default())
}

fn read_all(journal: &Journal, from: u64) -> Vec<Record> {
    let mut reader = journal.reader(from);
    let mut records = Vec::new();
    loop {
        let batch = reader.read(7, 10_000).unwrap();
        if batch.records.is_empty() {
            return records;
        }
        records.extend(batch.records);
    }
}

fn payload(index: u64) -> Bytes {
    Bytes::from(format!("record {index} ").repeat(1 + (index % 40) as usize))
}

#[test]
fn what_is_appended_is_read_again_across_segments_and_openings() {
    let directory = tempfile::tempdir().unwrap();
    for round in 0..3_u64 {
        let config = JournalConfig { bytes_max: 1 << 20, ..small() };
        let journal = open_with(directory.path(), config, &Registry::default());
        assert_eq!(journal.durable(), round * 100);
        for index in 0..50 {
            let first = round * 100 + index * 2;
            let appended = journal.append_sync(&[payload(first), payload(first + 1)]).unwrap();
            assert_eq!(appended, Appended { first: first + 1, last: first + 2 });
        }
        let records = read_all(&journal, 1);
        assert_eq!(records.len() as u64, (round + 1) * 100);
        for (index, record) in records.iter().enumerate() {
            assert_eq!((record.position, &record.payload), (index as u64 + 1, &payload(index as u64)));
        }
        assert!(journal.status().segments > 3);
    }
}

#[test]
fn only_one_process_may_have_it() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let again =
        Journal::open("test", directory.path(), small(), Environment::default(), &Registry::default());
    assert!(matches!(again, Err(OpenError::InUse { .. })));
    drop(journal);
    open(directory.path());
}

#[test]
fn a_tail_torn_at_any_byte_costs_only_the_last_record() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    journal.append_sync(&[payload(0), payload(1)]).unwrap();
    let before = journal.status().bytes;
    journal.append_sync(&[payload(2)]).unwrap();
    drop(journal);
    let file = directory.path().join("00000000000000000001.journal");
    let whole = std::fs::read(&file).unwrap();
    for cut in 0..=whole.len() {
        std::fs::write(&file, &whole[..cut]).unwrap();
        let registry = Registry::default();
        let journal = open_with(directory.path(), small(), &registry);
        let kept = read_all(&journal, 1).len();
        let expected = if cut == whole.len() { 3 } else { usize::from(cut as u64 >= before) * 2 };
        assert!(kept >= expected, "cut at {cut}: {kept} records");
        let next = journal.append_sync(&[payload(9)]).unwrap().first;
        assert_eq!(next, kept as u64 + 1);
        assert_eq!(read_all(&journal, 1).last().unwrap().payload, payload(9));
    }
}

#[test]
fn damage_is_skipped_to_the_next_good_record_and_counted() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    for index in 0..40 {
        journal.append_sync(&[payload(index)]).unwrap();
    }
    let segments = journal.status().segments;
    assert!(segments >= 3);
    drop(journal);
    let first = directory.path().join("00000000000000000001.journal");
    let mut bytes = std::fs::read(&first).unwrap();
    // The length of the second record: what follows is only found again by its marker.
    let second = segment::SEGMENT_HEADER_BYTES + frame::HEADER_BYTES + payload(0).len();
    bytes[second + 4] ^= 0x55;
    std::fs::write(&first, bytes).unwrap();
    let registry = Registry::default();
    let journal = open_with(directory.path(), small(), &registry);
    let positions: Vec<u64> = read_all(&journal, 1).iter().map(|record| record.position).collect();
    let expected: Vec<u64> = (1..=40).filter(|position| *position != 2).collect();
    assert_eq!(positions, expected);
    let exposition = registry.exposition();
    assert!(exposition.contains("journal_damaged_places_total{journal=\"test\"} 1"), "{exposition}");
}

#[test]
fn a_whole_missing_segment_is_skipped() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    for index in 0..60 {
        journal.append_sync(&[payload(index)]).unwrap();
    }
    std::fs::remove_file(directory.path().join("00000000000000000001.journal")).unwrap();
    let records = read_all(&journal, 1);
    assert!(!records.is_empty() && records[0].position > 1);
    assert_eq!(records.last().unwrap().position, 60);
}

#[test]
fn passed_segments_are_deleted_and_cursors_survive() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    assert_eq!(journal.cursor("a", Start::Oldest, Hold::Essential).unwrap(), 0);
    assert_eq!(journal.cursor("b/../x", Start::Oldest, Hold::Essential).unwrap(), 0);
    for index in 0..60 {
        journal.append_sync(&[payload(index)]).unwrap();
    }
    let all = journal.status().segments;
    journal.commit("a", 60).unwrap();
    assert_eq!(journal.status().segments, all, "b still needs them");
    journal.commit("b/../x", 30).unwrap();
    journal.commit("b/../x", 20).unwrap();
    assert_eq!(journal.position("b/../x"), Some(30));
    assert!(journal.status().segments < all);
    drop(journal);
    let journal = open(directory.path());
    assert_eq!(journal.cursor("a", Start::Oldest, Hold::Essential).unwrap(), 60);
    assert_eq!(journal.cursor("b/../x", Start::Oldest, Hold::Essential).unwrap(), 30);
    assert_eq!(read_all(&journal, 31).len(), 30);
    assert_eq!(journal.cursor("new", Start::Newest, Hold::Expendable).unwrap(), 60);
    journal.retain_cursors(&["a"]).unwrap();
    journal.commit("a", 60).unwrap();
    assert_eq!(journal.status().segments, 1);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 3, "segment, lock, one cursor");
}

#[test]
fn a_cursor_file_torn_at_any_byte_never_moves_forward() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    journal.append_sync(&[payload(0), payload(1), payload(2)]).unwrap();
    journal.cursor("a", Start::Oldest, Hold::Essential).unwrap();
    journal.commit("a", 1).unwrap();
    journal.commit("a", 2).unwrap();
    drop(journal);
    let file = directory.path().join("a.cursor");
    let whole = std::fs::read(&file).unwrap();
    for cut in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[cut] ^= 0xff;
        for bytes in [&whole[..cut], &bytes] {
            std::fs::write(&file, bytes).unwrap();
            let position = open(directory.path()).cursor("a", Start::Oldest, Hold::Essential).unwrap();
            assert!(position <= 2, "{cut}: {position}");
        }
    }
}

#[test]
fn a_journal_that_lost_its_end_does_not_reuse_what_cursors_passed() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    journal.append_sync(&[payload(0), payload(1)]).unwrap();
    journal.cursor("a", Start::Oldest, Hold::Essential).unwrap();
    journal.commit("a", 2).unwrap();
    drop(journal);
    std::fs::remove_file(directory.path().join("00000000000000000001.journal")).unwrap();
    let journal = open(directory.path());
    let position = journal.cursor("a", Start::Oldest, Hold::Essential).unwrap();
    let appended = journal.append_sync(&[payload(7)]).unwrap();
    assert!(appended.first > position);
    assert_eq!(read_all(&journal, position + 1).len(), 1);
}

#[test]
fn at_the_bound_expendable_cursors_lose_and_essential_ones_refuse() {
    let directory = tempfile::tempdir().unwrap();
    let registry = Registry::default();
    let journal = open_with(directory.path(), small(), &registry);
    journal.cursor("store", Start::Oldest, Hold::Essential).unwrap();
    journal.cursor("hook", Start::Oldest, Hold::Expendable).unwrap();
    let block = Bytes::from(vec![b'x'; 1_000]);
    let mut last = 0;
    let error = loop {
        match journal.append_sync(&[&block]) {
            Ok(appended) => last = appended.last,
            Err(error) => break error,
        }
    };
    assert!(matches!(&error, AppendError::Full { .. }), "{error}");
    assert!(journal.status().bytes <= 64 * 1024);
    journal.commit("store", last).unwrap();
    for _ in 0..100 {
        last = journal.append_sync(&[&block]).unwrap().last;
        journal.commit("store", last).unwrap();
    }
    assert!(journal.status().bytes <= 64 * 1024);
    let lost = journal.position("hook").unwrap();
    assert!(lost > 0);
    assert_eq!(read_all(&journal, lost + 1).last().unwrap().position, last);
    let exposition = registry.exposition();
    let expired = format!("journal_expired_records_total{{journal=\"test\",cursor=\"hook\"}} {lost}");
    assert!(exposition.contains(&expired), "{exposition}");
    assert!(exposition.contains("journal_refused_records_total{journal=\"test\",reason=\"full\"} 1"));
}

#[test]
fn old_records_expire_for_expendable_cursors_only() {
    let directory = tempfile::tempdir().unwrap();
    let world = Arc::new(World::default());
    let environment = Environment { clock: world.clone(), free_space: world.clone() };
    let config = JournalConfig { age_s_max: 60, ..small() };
    let journal = Journal::open("test", directory.path(), config, environment, &Registry::default()).unwrap();
    journal.cursor("store", Start::Oldest, Hold::Essential).unwrap();
    journal.cursor("hook", Start::Oldest, Hold::Expendable).unwrap();
    for index in 0..30 {
        journal.append_sync(&[payload(index)]).unwrap();
    }
    world.now_ns.store(61_000_000_000, Ordering::Relaxed);
    journal.commit("store", 0).unwrap();
    assert_eq!(journal.position("store"), Some(0));
    let position = journal.position("hook").unwrap();
    assert!(position > 0 && position < 30, "{position}");
    assert_eq!(read_all(&journal, 1).len(), 30, "the store needs them");
}

#[test]
fn a_full_disk_refuses_and_recovers() {
    let directory = tempfile::tempdir().unwrap();
    let world = Arc::new(World::default());
    let environment = Environment { clock: world.clone(), free_space: world.clone() };
    let journal =
        Journal::open("test", directory.path(), small(), environment, &Registry::default()).unwrap();
    world.used_bytes.store(1 << 40, Ordering::Relaxed);
    let error = journal.append_sync(&[payload(0)]).unwrap_err();
    assert_eq!(error.to_string(), "the disk is full: 0 bytes free, 67108864 are kept in reserve");
    world.used_bytes.store(0, Ordering::Relaxed);
    journal.append_sync(&[payload(0)]).unwrap();
    assert_eq!(read_all(&journal, 1).len(), 1);
}

#[test]
fn a_record_over_the_limit_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let config = JournalConfig { bytes_max: 1 << 30, segment_bytes: 1 << 20, ..small() };
    let journal = open_with(directory.path(), config, &Registry::default());
    let block = vec![b'x'; crate::limits::RECORD_BYTES_MAX];
    for _ in 0..5 {
        journal.append_sync(&[&block]).unwrap();
    }
    assert!(matches!(journal.append_sync(&[[&block[..], b"x"].concat()]), Err(AppendError::TooLarge { .. })));
    assert_eq!(read_all(&journal, 1).len(), 5, "the largest records fit into the reader's chunk");
}

#[test]
fn waiting_ends_with_an_append() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    assert!(!journal.wait_beyond(0, std::time::Duration::ZERO));
    let waiter = journal.clone();
    let waiting = std::thread::spawn(move || waiter.wait_beyond(0, std::time::Duration::from_secs(60)));
    journal.append_sync(&[payload(0)]).unwrap();
    assert!(waiting.join().unwrap());
}

#[tokio::test]
async fn concurrent_appends_share_a_sync() {
    let directory = tempfile::tempdir().unwrap();
    let registry = Registry::default();
    let config = JournalConfig { fsync: true, ..JournalConfig::default() };
    let journal = open_with(directory.path(), config, &registry);
    let commit = GroupCommit::start(journal.clone(), ()).unwrap();
    let appends = (0..200).map(|index| commit.append(vec![(payload(index), ())]));
    let results = futures_util::future::join_all(appends).await;
    assert!(results.iter().all(|result| matches!(result, Ok(Grouped { new: 1, duplicates: 0 }))));
    assert_eq!(read_all(&journal, 1).len(), 200);
    let syncs = registry.counter("journal_syncs_total", "", &[("journal", "test")]).value();
    assert!(syncs < 100, "{syncs} syncs for 200 appends");
}

/// One step of the comparison with the model.
#[derive(Debug, Clone)]
enum Step {
    Append(Vec<Vec<u8>>),
    Commit(u8, u64),
    Reopen,
    TearTail(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let bytes = proptest::collection::vec(any::<u8>(), 0..600);
    let step = prop_oneof![
        4 => proptest::collection::vec(bytes, 1..6).prop_map(Step::Append),
        2 => (0..2_u8, 0..60_u64).prop_map(|(cursor, forward)| Step::Commit(cursor, forward)),
        1 => Just(Step::Reopen),
        1 => any::<u8>().prop_map(Step::TearTail),
    ];
    proptest::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// The model: a map from position to bytes, and two positions. Everything after the lower one
    /// must be there, in order and unchanged.
    #[test]
    fn the_journal_is_a_map_with_cursors(steps in steps()) {
        let directory = tempfile::tempdir().unwrap();
        let config = JournalConfig { bytes_max: 1 << 30, segment_bytes: 4_096, ..small() };
        let mut journal = open_with(directory.path(), config.clone(), &Registry::default());
        let names = ["a", "b"];
        let mut cursors = [0_u64; 2];
        let mut model: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
        for name in names {
            journal.cursor(name, Start::Oldest, Hold::Essential).unwrap();
        }
        for step in steps {
            match step {
                Step::Append(payloads) => {
                    let appended = journal.append_sync(&payloads).unwrap();
                    model.extend((appended.first..).zip(payloads));
                    prop_assert_eq!(journal.durable(), appended.last);
                }
                Step::Commit(cursor, forward) => {
                    let cursor = usize::from(cursor);
                    let position = (cursors[cursor] + forward).min(journal.durable());
                    journal.commit(names[cursor], position).unwrap();
                    cursors[cursor] = cursors[cursor].max(position);
                }
                Step::Reopen | Step::TearTail(_) => {
                    drop(journal);
                    if let Step::TearTail(garbage) = step {
                        let newest = segment::list(directory.path()).unwrap().pop().unwrap();
                        let mut file = std::fs::OpenOptions::new().append(true).open(newest.path).unwrap();
                        let mut torn = Vec::new();
                        frame::encode(&mut torn, u64::MAX, b"never finished");
                        torn.truncate(usize::from(garbage) % torn.len());
                        file.write_all(&torn).unwrap();
                    }
                    journal = open_with(directory.path(), config.clone(), &Registry::default());
                    for (name, expected) in names.iter().zip(cursors) {
                        prop_assert_eq!(journal.cursor(name, Start::Oldest, Hold::Essential).unwrap(), expected);
                    }
                }
            }
        }
        let needed = cursors[0].min(cursors[1]) + 1;
        let found: Vec<(u64, Vec<u8>)> =
            read_all(&journal, needed).into_iter().map(|r| (r.position, r.payload.to_vec())).collect();
        let expected: Vec<(u64, Vec<u8>)> =
            model.range(needed..).map(|(position, bytes)| (*position, bytes.clone())).collect();
        prop_assert_eq!(found, expected);
    }
}

const CHILD: &str = "QUAYWATCH_JOURNAL_CHILD";

/// Not a test of its own: the process that [`killed_at_any_moment_it_keeps_what_it_confirmed`]
/// kills. Appends numbered records and prints the position of each once it is confirmed.
#[test]
fn child_that_appends_until_killed() {
    let Ok(directory) = std::env::var(CHILD) else { return };
    let journal = open_with(
        Path::new(&directory),
        JournalConfig { bytes_max: 1 << 30, ..small() },
        &Registry::default(),
    );
    journal.cursor("reader", Start::Oldest, Hold::Essential).unwrap();
    let mut out = std::io::stdout();
    loop {
        let next = journal.durable() + 1;
        let records: Vec<Bytes> = (next..next + 1 + next % 3).map(payload).collect();
        let appended = journal.append_sync(&records).unwrap();
        journal.commit("reader", appended.last.saturating_sub(50)).unwrap();
        writeln!(out, "confirmed {}", appended.last).unwrap();
    }
}

#[test]
fn killed_at_any_moment_it_keeps_what_it_confirmed() {
    let seed: u64 =
        std::env::var("QUAYWATCH_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(rand::random);
    println!("QUAYWATCH_SEED={seed}");
    let mut random = rand::rngs::StdRng::seed_from_u64(seed);
    let directory = tempfile::tempdir().unwrap();
    for _ in 0..15 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "journal::tests::child_that_appends_until_killed", "--nocapture"])
            .env(CHILD, directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let wanted = random.random_range(1..300);
        let mut confirmed = 0;
        let mut seen = 0;
        for line in &mut lines {
            // The test runner may have put its own words in front of the first line.
            let Some((_, position)) = line.split_once("confirmed ") else { continue };
            confirmed = position.parse::<u64>().unwrap();
            seen += 1;
            if seen == wanted {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        let config = JournalConfig { bytes_max: 1 << 30, ..small() };
        let journal = open_with(directory.path(), config, &Registry::default());
        assert!(journal.durable() >= confirmed, "seed {seed}");
        let cursor = journal.cursor("reader", Start::Oldest, Hold::Essential).unwrap();
        assert!(cursor <= journal.durable());
        let records = read_all(&journal, cursor + 1);
        let expected: Vec<Record> =
            (cursor + 1..=journal.durable()).map(|p| Record { position: p, payload: payload(p) }).collect();
        assert_eq!(records, expected, "seed {seed}");
    }
}
