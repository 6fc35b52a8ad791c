//! Measures how long a durable append takes: `cargo run --release -p alert-router --example
//! append_latency -- [FOLDER]`.
//!
//! Prints p50, p99 and the largest of 2,000 single alerts through the whole router (encode, group
//! commit, fsync, delivery to an output in memory), then the rate and the CPU time per alert of
//! 64 concurrent senders.

use std::{
    error::Error,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use alert::{Alert, AlertId, Epoch, Sequence};
use alert_router::{Config, DeliveryError, Incoming, Output, OutputKind, Queued, Router, Timings};
use async_trait::async_trait;
use telemetry::Registry;

const SINGLE: u64 = 2_000;
const SENDERS: u64 = 64;
const PER_SENDER: u64 = 500;

/// As long as an alert of the stock rules: 1.1 kB.
const LINE: &str = r#"{"hostname":"nas","output":"14:03:21.123456789: Notice A shell was spawned in a container with an attached terminal (evt_type=execve user=root user_uid=0 user_loginuid=-1 process=sh proc_exepath=/bin/busybox parent=containerd-shim command=sh terminal=34816 exe_flags=EXE_WRITABLE|EXE_LOWER_LAYER container_id=0123456789ab container_name=web image=docker.io/library/nginx)","output_fields":{"container.id":"0123456789ab","container.image.repository":"docker.io/library/nginx","container.name":"web","evt.arg.flags":"EXE_WRITABLE|EXE_LOWER_LAYER","evt.time":1795442601123456789,"evt.type":"execve","proc.cmdline":"sh","proc.exepath":"/bin/busybox","proc.name":"sh","proc.pname":"containerd-shim","proc.tty":34816,"user.loginuid":-1,"user.name":"root","user.uid":0},"priority":"Notice","rule":"Terminal shell in container","source":"syscall","tags":["T1059","container","maturity_stable","mitre_execution","shell"],"time":"2026-11-23T14:03:21.123456789Z"}"#;

struct Sink;

#[async_trait]
impl Output for Sink {
    fn name(&self) -> &str {
        "sink"
    }

    fn kind(&self) -> OutputKind {
        OutputKind::Store
    }

    fn batch_max(&self) -> usize {
        1_000
    }

    async fn deliver(&self, _: &[Queued]) -> Result<(), DeliveryError> {
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let folder = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let directory = folder.join(format!("append-latency-{}", std::process::id()));
    let config = Config { directory: directory.clone(), ..Config::default() };
    let router = Router::open(config, vec![Arc::new(Sink)], &Registry::default())?;
    let mut times = Vec::new();
    for sequence in 0..SINGLE {
        let incoming = incoming("single", sequence)?;
        let start = Instant::now();
        router.ingest(vec![incoming]).await?;
        times.push(start.elapsed());
    }
    times.sort();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    println!(
        "single: p50 {:?}, p99 {:?}, max {:?}",
        at(50),
        at(99),
        times.last().copied().unwrap_or_default()
    );
    let (cpu, start) = (cpu_time(), Instant::now());
    let senders: Vec<_> = (0..SENDERS).map(|sender| tokio::spawn(send(router.clone(), sender))).collect();
    for sender in senders {
        sender.await??;
    }
    let (alerts, wall) = (SENDERS * PER_SENDER, start.elapsed());
    let cpu_per_alert = (cpu_time() - cpu) / u32::try_from(alerts)?;
    println!(
        "{SENDERS} senders: {:.0} alerts/s, {cpu_per_alert:?} CPU each",
        alerts as f64 / wall.as_secs_f64()
    );
    router.shutdown().await;
    std::fs::remove_dir_all(directory)?;
    Ok(())
}

async fn send(router: Router, sender: u64) -> Result<(), Box<dyn Error + Send + Sync>> {
    for sequence in 0..PER_SENDER {
        router.ingest(vec![incoming(&format!("sender {sender}"), sequence)?]).await?;
    }
    Ok(())
}

fn incoming(sensor: &str, sequence: u64) -> Result<Incoming, alert::ParseError> {
    let id = AlertId { sensor: sensor.to_owned(), epoch: Epoch(1), sequence: Sequence(sequence) };
    let alert = Alert::parse_json(LINE.as_bytes(), Some(&id))?;
    Ok(Incoming { id: Some(id), alert, timings: Timings::default() })
}

/// Time on a CPU of all threads of this process that still live.
fn cpu_time() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanoseconds: u64 = tasks
        .filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok())
        .filter_map(|stat| stat.split(' ').next()?.parse::<u64>().ok())
        .sum();
    Duration::from_nanos(nanoseconds)
}
