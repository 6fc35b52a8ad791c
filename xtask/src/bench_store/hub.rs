//! The hub under test: started with a configuration of its own, watched through /proc.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use super::http::Connection;

pub(super) struct Hub {
    child: Child,
    pub(super) address: SocketAddr,
    /// From start to the first `ready`.
    pub(super) ready: Duration,
}

impl Hub {
    pub(super) fn start(program: &Path, folder: &Path) -> Result<Hub> {
        let free = || TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let (ingest, web, address) = (free()?, free()?, free()?);
        let config = format!(
            "auth: false\nhub:\n  ingest_listen: {ingest}\n  web_listen: {web}\n  loki_listen: {address}\n"
        );
        let path = folder.join("quaywatch.yaml");
        fs::write(&path, config)?;
        let log = fs::File::create(folder.join("hub.log"))?;
        let began = Instant::now();
        let child = Command::new(program)
            .arg("hub")
            .arg("--config")
            .arg(&path)
            .arg("--data-dir")
            .arg(folder.join("data"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let mut hub = Hub { child, address, ready: Duration::ZERO };
        loop {
            let answer =
                Connection::open(address).and_then(|mut open| open.send("GET", "/ready", "text/plain", b""));
            if matches!(answer, Ok((200, _))) {
                hub.ready = began.elapsed();
                return Ok(hub);
            }
            if began.elapsed() > Duration::from_secs(60) || hub.child.try_wait()?.is_some() {
                bail!("the hub does not get ready; see {}", folder.join("hub.log").display());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// CPU seconds of all its threads, ended ones included; in steps of 10 ms.
    pub(super) fn cpu_s(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let behind_name = stat.rsplit(") ").next().unwrap_or("");
        let ticks: u64 =
            behind_name.split(' ').skip(11).take(2).filter_map(|word| word.parse::<u64>().ok()).sum();
        ticks as f64 / 100.0
    }

    /// CPU milliseconds of the threads that live; precise, for single queries.
    pub(super) fn thread_cpu_ms(&self) -> f64 {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).into_iter().flatten().flatten();
        let of_task = |path: PathBuf| {
            fs::read_to_string(path.join("schedstat")).ok()?.split(' ').next()?.parse::<f64>().ok()
        };
        tasks.filter_map(|task| of_task(task.path())).sum::<f64>() / 1e6
    }

    /// A line of /proc/PID/status, in megabytes.
    pub(super) fn memory_mb(&self, name: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("");
        let kilobytes =
            line.trim_start_matches(':').split_whitespace().next().and_then(|word| word.parse::<f64>().ok());
        kilobytes.unwrap_or(0.0) * 1024.0 / 1e6
    }

    /// Ends it as a service manager does.
    pub(super) fn stop(mut self) -> Result<()> {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().context("sending SIGTERM")?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Bytes of all files below a folder.
pub(super) fn disk_bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => disk_bytes(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

/// Takes the files below a folder out of the page cache; leaves the rest of the machine alone.
pub(super) fn drop_cache(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            drop_cache(&path);
        } else if let Some(path) = path.to_str() {
            // The only tool at hand that asks the kernel for it (posix_fadvise).
            let arguments = [
                format!("of={path}"),
                "oflag=nocache".to_owned(),
                "conv=notrunc,fdatasync".to_owned(),
                "count=0".to_owned(),
                "if=/dev/null".to_owned(),
            ];
            let _ = Command::new("dd").args(arguments).stderr(Stdio::null()).status();
        }
    }
}
