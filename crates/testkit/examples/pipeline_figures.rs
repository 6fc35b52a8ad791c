//! The figures of the whole pipeline for `benches/README.md`: start to ready, resident memory
//! while idle, and the time from a system call to the answer of a query that has its alert.
//!
//! Run by `./x bench pipeline`; needs root, BTF and Docker.

#![forbid(unsafe_code)]
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a measuring tool")]

use std::{
    fs, thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use testkit::{Docker, Image, Quaywatch, RunOptions, Setup, children};

const ALERTS: usize = 200;
/// Between two looks at the store.
const LOOK: Duration = Duration::from_micros(500);

fn main() {
    testkit::require!(Bpf, Docker);
    let image = Image::import("quaywatch-figures", &["sleep", "touch"], &[]);
    let start = Instant::now();
    let service = Setup::new().run();
    println!("start to hub ready: {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
    service.await_log("the sensor watches");
    println!("start to probes attached: {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
    let docker = Docker::new("quaywatch-figures");
    let container = docker.start(&RunOptions {
        image: image.name().to_owned(),
        command: ["sleep", "600"].map(str::to_owned).to_vec(),
        ..RunOptions::default()
    });
    let mut latencies_ms: Vec<f64> =
        (0..ALERTS).map(|index| latency_ms(&service, &container, index)).collect();
    latencies_ms.sort_by(f64::total_cmp);
    let at = |share: usize| latencies_ms[(ALERTS * share / 100).min(ALERTS - 1)];
    println!(
        "system call to query's answer, {ALERTS} alerts: p50 {:.1} ms, p90 {:.1} ms, p99 {:.1} ms, most {:.1} ms",
        at(50),
        at(90),
        at(99),
        latencies_ms[ALERTS - 1]
    );
    let mut sum = 0.0;
    for pid in std::iter::once(service.pid()).chain(children(service.pid())) {
        let (name, rss_mb, cpu_s) = of_process(pid);
        println!("{name}: {rss_mb:.1} MB resident, {cpu_s:.2} CPU s so far");
        sum += rss_mb;
    }
    println!("all processes: {sum:.1} MB resident");
}

/// Makes one alert and looks for it until a query answers with it.
fn latency_ms(service: &Quaywatch, container: &testkit::Container, index: usize) -> f64 {
    let path = format!("/etc/quaywatch-figures-{index}");
    let logql = service.logql();
    thread::scope(|scope| {
        scope.spawn(|| container.exec(false, &["touch", &path]));
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let lines = logql.lines(&format!("{{source=\"syscall\"}} |= `{path}`"));
            let now_ns = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
            if let Some(line) = lines.first() {
                return (now_ns - u128::try_from(line.alert().time_ns).unwrap()) as f64 / 1e6;
            }
            assert!(Instant::now() < deadline, "{path} made no alert");
            thread::sleep(LOOK);
        }
    })
}

fn of_process(pid: u32) -> (String, f64, f64) {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0 kB");
    let rss_kb: f64 = rss.trim().trim_end_matches(" kB").parse().unwrap_or(0.0);
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let word = command.split(|byte| *byte == 0).nth(1).unwrap_or_default();
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: f64 = after.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    (String::from_utf8_lossy(word).into_owned(), rss_kb / 1024.0, ticks / 100.0)
}
