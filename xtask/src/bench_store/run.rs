//! The run: fill, restart with nothing cached, ask, compare, print.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, bail, ensure};

use super::{
    http::Connection,
    hub::{Hub, disk_bytes, drop_cache},
    lines::{Generator, Line},
    naive::Naive,
    push::{self, Form},
    queries,
};

pub(crate) const HELP: &str = "\
usage: cargo xtask bench store [--lines N] [--form protobuf|json] [--runs N] [--input FILE] [--program FILE] [--keep]

  --lines N       lines to make, 1,000,000 without it
  --form FORM     how they are pushed; protobuf without it
  --runs N        how often each query is asked after its first time; 5 without it
  --input FILE    lines from here instead: JSON with `priority`, `rule` and `output_fields.evt.time`
  --program FILE  the program; target/release/quaywatch without it
  --keep          leaves the folder with the data and says where it is
";

const BATCH_LINES: usize = 1000;
const SPAN_NS: i64 = 24 * 3600 * 1_000_000_000;

struct Options {
    lines: u64,
    form: Form,
    runs: usize,
    input: Option<PathBuf>,
    program: PathBuf,
    keep: bool,
}

fn options(root: &Path, arguments: &[&str]) -> Result<Options> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let mut options = Options {
        lines: 1_000_000,
        form: Form::Protobuf,
        runs: 5,
        input: None,
        program: std::env::var_os("QUAYWATCH_BIN")
            .map_or_else(|| target.join("release/quaywatch"), PathBuf::from),
        keep: false,
    };
    let mut left = arguments.iter();
    while let Some(option) = left.next() {
        let mut value = || left.next().copied().with_context(|| format!("{option} needs a value"));
        match *option {
            "--lines" => options.lines = value()?.replace(',', "").parse()?,
            "--runs" => options.runs = value()?.parse()?,
            "--input" => options.input = Some(value()?.into()),
            "--program" => options.program = value()?.into(),
            "--keep" => options.keep = true,
            "--form" => {
                options.form = match value()? {
                    "protobuf" => Form::Protobuf,
                    "json" => Form::Json,
                    other => bail!("no form named {other}"),
                }
            }
            other => bail!("unknown option {other}\n\n{HELP}"),
        }
    }
    ensure!(
        options.program.is_file(),
        "{} is missing: `cargo build --release -p quaywatch`",
        options.program.display()
    );
    Ok(options)
}

/// Runs the bench and prints its table.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<()> {
    let options = options(root, arguments)?;
    let folder = std::env::temp_dir().join(format!("quaywatch-bench-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let done = measure(&options, &folder);
    if options.keep {
        println!("data: {}", folder.display());
    } else {
        fs::remove_dir_all(&folder)?;
    }
    done
}

fn measure(options: &Options, folder: &Path) -> Result<()> {
    let data = folder.join("data");
    let hub = Hub::start(&options.program, folder)?;
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load {}", load.split(' ').take(3).collect::<Vec<_>>().join(" "));
    println!("first start, ready                  {:>9.0} ms", hub.ready.as_secs_f64() * 1e3);
    let naive = fill(options, &hub)?;
    let lines = naive.lines() as f64;
    // Flushes in the background end before the bytes are counted.
    settle(&hub);
    let disk = disk_bytes(&data.join("hub/store")) as f64;
    let wal = disk_bytes(&data.join("hub/store/wal")) as f64;
    let raw = naive.raw_bytes as f64;
    println!("lines                               {:>9}, {:.1} MB raw", naive.lines(), raw / 1e6);
    println!("ingest, CPU of the hub              {:>9.2} µs/line", hub.cpu_s() / lines * 1e6);
    println!("disk per raw byte                   {:>9.4}, of which the log {:.4}", disk / raw, wal / raw);
    println!("peak memory while filling           {:>9.1} MB", hub.memory_mb("VmHWM"));
    hub.stop()?;
    drop_cache(&data);

    let hub = Hub::start(&options.program, folder)?;
    println!("start on this data, ready           {:>9.0} ms", hub.ready.as_secs_f64() * 1e3);
    println!(
        "\n| query | first ms | median ms | CPU ms | target ms | bytes | answer |\n|---|---|---|---|---|---|---|"
    );
    let mut wrong = 0;
    for query in queries::all(&naive) {
        drop_cache(&data);
        wrong += usize::from(!ask(&hub, &query, options.runs, &naive)?);
    }
    println!("\npeak memory of all queries          {:>9.1} MB", hub.memory_mb("VmHWM"));
    hub.stop()?;
    ensure!(wrong == 0, "{wrong} answers are not those of a naive scan");
    Ok(())
}

/// One row of the table. True when every answer was right.
fn ask(hub: &Hub, query: &queries::Query, runs: usize, naive: &Naive) -> Result<bool> {
    let mut connection = Connection::open(hub.address)?;
    let mut times: Vec<(Duration, f64)> = Vec::new();
    let mut verdict = Ok(());
    let mut bytes = 0;
    for _ in 0..=runs {
        let (cpu, began) = (hub.thread_cpu_ms(), Instant::now());
        let (status, body) = connection.send("GET", &query.path, "text/plain", b"")?;
        times.push((began.elapsed(), hub.thread_cpu_ms() - cpu));
        bytes = body.len();
        ensure!(status == 200, "{}: {status}: {}", query.name, String::from_utf8_lossy(&body));
        let answer = serde_json::from_slice(&body)?;
        verdict = verdict.and_then(|()| (query.check)(&answer, naive));
    }
    let first = times.remove(0).0;
    let median = |mut all: Vec<f64>| {
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or(0.0)
    };
    println!(
        "| {} | {:.1} | {:.1} | {:.1} | {} | {bytes} | {} |",
        query.name,
        first.as_secs_f64() * 1e3,
        median(times.iter().map(|(time, _)| time.as_secs_f64() * 1e3).collect()),
        median(times.iter().map(|(_, cpu)| *cpu).collect()),
        query.target_ms.map_or_else(|| "–".to_owned(), |target| target.to_string()),
        verdict.as_ref().map_or_else(|error| format!("WRONG: {error}"), |()| "right".to_owned()),
    );
    Ok(verdict.is_ok())
}

fn fill(options: &Options, hub: &Hub) -> Result<Naive> {
    let mut naive = Naive::default();
    let mut connection = Connection::open(hub.address)?;
    let mut batch: Vec<Line> = Vec::with_capacity(BATCH_LINES);
    let mut waited: Vec<Duration> = Vec::new();
    let mut send = |batch: &mut Vec<Line>| -> Result<()> {
        let body = push::body(options.form, batch)?;
        let began = Instant::now();
        let (status, answer) =
            connection.send("POST", "/loki/api/v1/push", options.form.content_type(), &body)?;
        waited.push(began.elapsed());
        ensure!(status == 204, "a push was answered {status}: {}", String::from_utf8_lossy(&answer));
        batch.clear();
        Ok(())
    };
    for line in source(options)? {
        let line = line?;
        naive.add(&line)?;
        batch.push(line);
        if batch.len() == BATCH_LINES {
            send(&mut batch)?;
        }
    }
    if !batch.is_empty() {
        send(&mut batch)?;
    }
    waited.sort();
    let at = |share: usize| {
        waited.get(waited.len() * share / 100).copied().unwrap_or_default().as_secs_f64() * 1e3
    };
    println!("push of {BATCH_LINES} lines                  {:>9.1} ms p50, {:.1} p99", at(50), at(99));
    Ok(naive)
}

fn source(options: &Options) -> Result<Box<dyn Iterator<Item = Result<Line>>>> {
    if let Some(path) = &options.input {
        let file = fs::File::open(path).with_context(|| path.display().to_string())?;
        let lines = BufReader::new(file).lines().take(usize::try_from(options.lines)?);
        return Ok(Box::new(lines.map(|line| given(line?))));
    }
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos())?;
    // Ends a minute ago, on no round instant.
    let start = now - SPAN_NS - 60_000_000_000;
    Ok(Box::new(Generator::new(options.lines, start, SPAN_NS).map(Ok)))
}

fn given(text: String) -> Result<Line> {
    let parsed: serde_json::Value = serde_json::from_str(&text)?;
    let field = |name: &str| parsed.get(name).and_then(|value| value.as_str()).unwrap_or("").to_owned();
    let time = parsed.pointer("/output_fields/evt.time").and_then(serde_json::Value::as_i64);
    Ok(Line {
        timestamp_ns: time.context("a line has no output_fields.evt.time")?,
        priority: field("priority"),
        rule: field("rule"),
        text,
    })
}

/// Waits until the hub uses no more CPU.
fn settle(hub: &Hub) {
    let mut before = hub.cpu_s();
    for _ in 0..60 {
        std::thread::sleep(Duration::from_millis(500));
        let now = hub.cpu_s();
        if now - before < 0.015 {
            return;
        }
        before = now;
    }
}
