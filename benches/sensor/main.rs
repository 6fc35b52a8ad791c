//! What watching costs: a loop of open and close, bare and watched in turn.
//!
//! `cargo run --release -p sensor --example sensor_load -- [ITERATIONS] [ROUNDS] [PATH]`
//!
//! Prints, per kind of interest: CPU time of the loop per iteration and the bare loop's share in
//! it, median and least of the rounds; the sensor's CPU seconds; events shipped, filtered and lost.
//! Kinds take turns within a round, and CPU time is compared, since the machine's speed drifts.

#![expect(clippy::unwrap_used, reason = "a bench may fall over")]

use std::{
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use event::{Interest, OpenInterest, PathSet, Scope};
use rustix::{
    fs::{Mode, OFlags, open},
    time::{ClockId, clock_gettime},
};
use sensor::{Config, Sensor};

/// Prefixes as the stock rules have them: sensitive files read, binary and system folders written.
const READ: [&str; 12] = [
    "/etc/shadow",
    "/etc/sudoers",
    "/etc/pam.conf",
    "/etc/pam.d",
    "/etc/security/pwquality.conf",
    "/root/.ssh",
    "/home/",
    "/proc/",
    "/etc/profile",
    "/etc/bashrc",
    "/etc/kubernetes",
    "/var/run/secrets",
];
const WRITE: [&str; 11] = [
    "/etc",
    "/bin",
    "/sbin",
    "/usr/bin",
    "/usr/sbin",
    "/usr/local",
    "/boot",
    "/lib",
    "/usr/lib",
    "/root",
    "/dev",
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [kind, count, path] = arguments.as_slice()
        && kind == "loop"
    {
        return run_loop(count.parse().unwrap(), path);
    }
    let number = |index: usize, default| arguments.get(index).map_or(default, |text| text.parse().unwrap());
    let (iterations, rounds) = (number(0, 1_000_000), number(1, 5));
    let path = arguments.get(2).map_or("/etc/hostname", String::as_str);
    println!("{iterations} x open+close of {path}, {rounds} rounds; ns of CPU per iteration: median (least)");
    let kinds = kinds();
    let mut bare = Vec::new();
    let mut watched: Vec<Vec<Measured>> = kinds.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        bare.push(child(iterations, path));
        let mut sensor = start();
        for ((_, interest), measured) in kinds.iter().zip(&mut watched) {
            measured.push(measure(&mut sensor, iterations, path, interest));
        }
        sensor.uninstall().unwrap();
    }
    let nanoseconds = |seconds: f64| seconds / iterations as f64 * 1e9;
    let (bare_median, bare_least) =
        (median(bare.iter().map(|loop_| loop_.cpu)), least(bare.iter().map(|l| l.cpu)));
    println!("{:<28} {:>6.0} ({:.0})", "bare", nanoseconds(bare_median), nanoseconds(bare_least));
    for ((name, _), measured) in kinds.iter().zip(&watched) {
        let cpu = || measured.iter().map(|m| m.loop_.cpu);
        println!(
            "{name:<28} {:>6.0} ({:.0})  share of bare speed {:.3} ({:.3})  sensor {:.3} CPU s  shipped {:.0}  filtered {:.0}  lost {:.0}",
            nanoseconds(median(cpu())),
            nanoseconds(least(cpu())),
            bare_median / median(cpu()),
            bare_least / least(cpu()),
            median(measured.iter().map(|m| m.sensor_cpu)),
            median(measured.iter().map(|m| m.shipped)),
            median(measured.iter().map(|m| m.filtered)),
            median(measured.iter().map(|m| m.lost)),
        );
    }
    println!(
        "bare speed: {:.0} iterations/s of wall time",
        iterations as f64 / median(bare.iter().map(|l| l.wall))
    );
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = values.collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

fn least(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::INFINITY, f64::min)
}

fn start() -> Sensor {
    let config = Config {
        bpffs_dir: format!("/sys/fs/bpf/quaywatch_bench_{}", std::process::id()).into(),
        ..Config::default()
    };
    Sensor::start(&config, &telemetry::Registry::default()).unwrap()
}

fn kinds() -> Vec<(&'static str, Interest)> {
    let set = |list: &[&str]| PathSet::Prefixes(list.iter().map(|text| text.as_bytes().to_vec()).collect());
    let some = OpenInterest { read: set(&READ), write: set(&WRITE), failed: false };
    let all = OpenInterest { read: PathSet::All, write: PathSet::All, failed: true };
    let openat = |scope, open: &OpenInterest| {
        let events = [("open", scope), ("openat", scope), ("openat2", scope), ("creat", scope)];
        Interest {
            events: events.into_iter().map(|(name, scope)| (name.to_owned(), scope)).collect(),
            open: open.clone(),
        }
    };
    vec![
        ("no rule has opens", Interest::default()),
        ("rules for containers only", openat(Scope::Containers, &all)),
        ("no rule tests the path", openat(Scope::Everyone, &some)),
        ("every open is shipped", openat(Scope::Everyone, &all)),
    ]
}

struct Loop {
    wall: f64,
    cpu: f64,
}

struct Measured {
    loop_: Loop,
    sensor_cpu: f64,
    shipped: f64,
    filtered: f64,
    lost: f64,
}

fn measure(sensor: &mut Sensor, iterations: u64, path: &str, interest: &Interest) -> Measured {
    sensor.set_interest(interest).unwrap();
    let counts = |sensor: &Sensor| sensor.counts().into_iter().find(|counts| counts.event == "open").unwrap();
    let losses = |sensor: &Sensor| sensor.losses().iter().map(|loss| loss.count).sum::<u64>();
    let (before, lost_before) = (counts(sensor), losses(sensor));
    let done = AtomicBool::new(false);
    let (loop_, sensor_cpu) = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let began = cpu_seconds(ClockId::ThreadCPUTime);
            while !done.load(Ordering::Relaxed) {
                let mut bytes = 0usize;
                sensor.poll(Duration::from_millis(20), &mut |event| bytes += event.params.len()).unwrap();
                std::hint::black_box(bytes);
                sensor.release();
            }
            cpu_seconds(ClockId::ThreadCPUTime) - began
        });
        let loop_ = child(iterations, path);
        done.store(true, Ordering::Relaxed);
        (loop_, reader.join().unwrap())
    });
    let after = counts(sensor);
    Measured {
        loop_,
        sensor_cpu,
        shipped: (after.shipped - before.shipped) as f64,
        filtered: (after.filtered - before.filtered) as f64,
        lost: (losses(sensor) - lost_before) as f64,
    }
}

/// Runs the loop in a process of its own.
fn child(iterations: u64, path: &str) -> Loop {
    let own = std::env::current_exe().unwrap();
    let output = Command::new(own).args(["loop", &iterations.to_string(), path]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut numbers = text.split_whitespace().map(|word| word.parse().unwrap());
    Loop { wall: numbers.next().unwrap(), cpu: numbers.next().unwrap() }
}

fn run_loop(iterations: u64, path: &str) {
    let path = std::ffi::CString::new(path).unwrap();
    let (began, cpu) = (Instant::now(), cpu_seconds(ClockId::ProcessCPUTime));
    for _ in 0..iterations {
        drop(open(path.as_c_str(), OFlags::RDONLY, Mode::empty()));
    }
    println!("{} {}", began.elapsed().as_secs_f64(), cpu_seconds(ClockId::ProcessCPUTime) - cpu);
}

fn cpu_seconds(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
