//! Bench of the log store by itself: makes Falco-like lines on the fly, ingests them, and times
//! the scans behind the queries of DESIGN §4. Prints CPU per line, disk per raw byte and times.
//!
//! `cargo run --release -p log-store --example bench-store -- [lines] [writers]`

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a bench that fails may stop where it stands"
)]

mod lines;

use std::{
    collections::HashMap,
    hint::black_box,
    ops::ControlFlow,
    sync::Arc,
    time::{Duration, Instant},
};

use lines::{Generator, HOUR_NS, START_NS};
use log_record::{
    Columns, CountRequest, Direction, LabelMatcher, LogReader, LogWriter, MatchOperator, RecordBlock,
    ScanRequest, TimeRange,
};
use log_store::{Config, Store};
use parquet::file::reader::{FileReader, SerializedFileReader};
use telemetry::Registry;

const BATCH_LINES: usize = 1000;
const RUNS: usize = 7;

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let count = arguments.next().unwrap_or(200_000);
    let writers = arguments.next().unwrap_or(1);
    let dir = std::env::temp_dir().join(format!("bench-store-{}", std::process::id()));
    let config = Config { data_dir: dir.clone(), retention_bytes_max: 0, ..Config::default() };
    let store = Store::open(config.clone(), &Registry::default()).expect("the store opens");

    ingest(&store, count, writers);
    drop(store);
    let began = Instant::now();
    let store = Store::open(config, &Registry::default()).expect("the store opens again");
    println!("reopen                     {:>9.1} ms", began.elapsed().as_secs_f64() * 1e3);
    columns(&store);
    queries(&store);
    println!("peak RSS                   {:>9.1} MB", peak_rss_mb());
    drop(store);
    let _ = std::fs::remove_dir_all(dir);
}

/// Lines are made before each batch and their cost is taken off.
fn ingest(store: &Arc<Store>, count: usize, writers: usize) {
    let began = Instant::now();
    let cpu_before = cpu_s();
    let share = count / writers;
    let threads: Vec<_> = (0..writers)
        .map(|writer| {
            let store = Arc::clone(store);
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
                let mut generator = Generator::new(writer, writers, count);
                let (mut raw, mut making, mut made) = (0, 0.0, 0);
                let mut latencies = Vec::new();
                while made < share {
                    let before = thread_cpu_s();
                    let (batch, bytes) = generator.batch(BATCH_LINES.min(share - made));
                    making += thread_cpu_s() - before;
                    (raw, made) = (raw + bytes, made + BATCH_LINES);
                    let sent = Instant::now();
                    runtime.block_on(store.append(batch)).expect("the batch is stored");
                    latencies.push(sent.elapsed());
                }
                (raw, making, latencies)
            })
        })
        .collect();
    let (mut raw, mut making, mut latencies) = (0, 0.0, Vec::new());
    for thread in threads {
        let (bytes, cpu, waited) = thread.join().expect("a writer ends");
        (raw, making) = (raw + bytes, making + cpu);
        latencies.extend(waited);
    }
    let appended = began.elapsed().as_secs_f64();
    let wal_bytes = store.status().wal_bytes;
    store.flush().expect("the store flushes");
    let cpu = cpu_s() - cpu_before - making;
    let status = store.status();
    latencies.sort();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    let lines = count as f64;
    println!("lines                      {count:>9}     raw {:.1} MB, {writers} writers", raw as f64 / 1e6);
    println!("ingest                     {:>9.0} lines/s", lines / appended);
    println!("CPU, flush included        {:>9.2} µs/line", cpu / lines * 1e6);
    println!("append of {BATCH_LINES} lines        {:>9.1} ms p50, {:.1} p99", at(0.5), at(0.99));
    println!(
        "segments                   {:>9}     {:.1} MB",
        status.segments,
        status.segment_bytes as f64 / 1e6
    );
    println!("disk per raw byte          {:>9.4}     at flush", status.segment_bytes as f64 / raw as f64);
    println!("WAL before the flush       {:>9.4}     per raw byte", wal_bytes as f64 / raw as f64);
}

fn queries(store: &Store) {
    let contains = |text: &str| vec![text.to_owned()];
    let none = Vec::new;
    println!("{:<26} {:>12} {:>12} {:>12}", "scan", "first ms", "median ms", "found");
    time("newest 1000", || scan(store, request(none(), &[]), 1000, |_, _| true));
    time("needle", || {
        scan(store, request(contains(lines::NEEDLE), &[]), 1000, |line, _| line.contains(lines::NEEDLE))
    });
    time("absent word", || {
        scan(store, request(contains("thisneveroccurs"), &[]), 1000, |line, _| {
            line.contains("thisneveroccurs")
        })
    });
    time("regex, part of a word", || {
        let part = &lines::NEEDLE[1..12];
        scan(store, request(contains(part), &[]), 1000, |line, _| line.contains(part))
    });
    time("lines with a word", || {
        let finder = memchr::memmem::Finder::new("nzbget");
        let found = |line: &str, _: &str| finder.find(line.as_bytes()).is_some();
        scan(store, request(contains("nzbget"), &[]), usize::MAX, found)
    });
    for (name, step_ns) in [
        ("count by label, 24 h", 24 * HOUR_NS),
        ("count by label, 1 h", HOUR_NS),
        ("5 m steps", HOUR_NS / 12),
    ] {
        time(name, || {
            let range = TimeRange { start_ns: START_NS + 7, end_ns: START_NS + 24 * HOUR_NS + 7 };
            let request = CountRequest { tenant: "fake".to_owned(), range, matchers: source(), step_ns };
            let counts = store.counts(&request).expect("counts").expect("a short way");
            counts.iter().flat_map(|stream| &stream.buckets).map(|count| count.rows as usize).sum()
        });
    }
    time("field filter, newest 1000", || {
        scan(store, request(none(), &["output_fields_proc_name"]), 1000, |_, field| field == "apk")
    });
    time("group by a field, 5 m", || {
        let mut request = request(none(), &["output_fields_container_name"]);
        (request.columns.line, request.direction) = (false, Direction::Forward);
        let mut groups: HashMap<(String, i64), usize> = HashMap::new();
        let visit = &mut |block: &RecordBlock<'_>| {
            let (_, names) = block.json_fields[0];
            for (row, time) in block.timestamps_ns.iter().enumerate() {
                let name = names.get(row).unwrap_or("");
                let step = time / (HOUR_NS / 12);
                match groups.get_mut(&(name.to_owned(), step)) {
                    Some(rows) => *rows += 1,
                    None => {
                        groups.insert((name.to_owned(), step), 1);
                    }
                }
            }
            ControlFlow::Continue(())
        };
        store.scan(&request, visit).expect("the scan answers");
        groups.values().sum()
    });
}

/// Where the bytes of the segments are.
fn columns(store: &Store) {
    let mut sizes: HashMap<String, i64> = HashMap::new();
    for segment in store.live_segments().iter() {
        let file = std::fs::File::open(segment.path).expect("the segment opens");
        let reader = SerializedFileReader::new(file).expect("the segment is Parquet");
        let mut rest = segment.bytes as i64;
        for column in reader.metadata().row_groups().iter().flat_map(|group| group.columns()) {
            *sizes.entry(column.column_path().string()).or_default() += column.compressed_size();
            rest -= column.compressed_size();
        }
        *sizes.entry("(filters, index, footer)".to_owned()).or_default() += rest;
    }
    let mut sizes: Vec<_> = sizes.into_iter().collect();
    sizes.sort_by_key(|(_, bytes)| -bytes);
    for (name, bytes) in sizes.iter().take(10) {
        println!("  {name:<40} {:>9.2} MB", *bytes as f64 / 1e6);
    }
}

fn source() -> Vec<LabelMatcher> {
    vec![LabelMatcher { name: "source".to_owned(), operator: MatchOperator::Equal("syscall".to_owned()) }]
}

fn request(line_contains: Vec<String>, fields: &[&str]) -> ScanRequest {
    ScanRequest {
        tenant: "fake".to_owned(),
        range: TimeRange { start_ns: START_NS, end_ns: START_NS + 25 * HOUR_NS },
        matchers: source(),
        line_contains,
        direction: Direction::Backward,
        columns: Columns {
            line: true,
            metadata: false,
            json_fields: fields.iter().map(|&field| field.to_owned()).collect(),
        },
    }
}

/// Rows that pass, at most `limit`.
fn scan(store: &Store, request: ScanRequest, limit: usize, passes: impl Fn(&str, &str) -> bool) -> usize {
    let mut found = 0;
    let visit = &mut |block: &RecordBlock<'_>| {
        for row in (0..block.len()).rev() {
            let line = block.lines.get(row).unwrap_or("");
            let field = block.json_fields.first().and_then(|(_, texts)| texts.get(row)).unwrap_or("");
            found += usize::from(passes(black_box(line), field));
            if found >= limit {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    };
    store.scan(&request, visit).expect("the scan answers");
    found
}

fn time(name: &str, mut query: impl FnMut() -> usize) {
    let mut times: Vec<Duration> = Vec::new();
    let mut found = 0;
    for _ in 0..RUNS {
        let began = Instant::now();
        found = query();
        times.push(began.elapsed());
    }
    let first = times[0];
    times.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!("{name:<26} {:>12.2} {:>12.2} {found:>12}", ms(first), ms(times[RUNS / 2]));
}

fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(") ").next().unwrap_or("");
    let ticks: u64 = after_name.split(' ').skip(11).take(2).filter_map(|word| word.parse::<u64>().ok()).sum();
    ticks as f64 / 100.0
}

fn thread_cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|word| word.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

fn peak_rss_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("");
    line.split_whitespace().next().and_then(|word| word.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}
