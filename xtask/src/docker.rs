//! A Docker engine for the tests: the machine's own when it runs, else one started here and
//! stopped again.

use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

const START_SECONDS_MAX: u64 = 60;

/// Keeps the engine alive while it lives.
pub(crate) struct Engine {
    started: Option<(Child, PathBuf)>,
}

impl Engine {
    /// Finds a running engine or starts one with a private data folder.
    pub(crate) fn ready() -> Result<Engine> {
        if answers() {
            return Ok(Engine { started: None });
        }
        let folder = std::env::temp_dir().join(format!("quaywatch-dockerd-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let log = File::create(folder.join("dockerd.log"))?;
        let child = Command::new("dockerd")
            .arg("--data-root")
            .arg(folder.join("data"))
            .arg("--exec-root")
            .arg(folder.join("exec"))
            .arg("--pidfile")
            .arg(folder.join("dockerd.pid"))
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("dockerd")?;
        let engine = Engine { started: Some((child, folder.clone())) };
        let start = Instant::now();
        while !answers() {
            if start.elapsed() > Duration::from_secs(START_SECONDS_MAX) {
                let log = fs::read_to_string(folder.join("dockerd.log")).unwrap_or_default();
                let last: Vec<&str> = log.lines().rev().take(5).collect();
                bail!("dockerd does not answer; its last lines, newest first:\n{}", last.join("\n"));
            }
            sleep(Duration::from_millis(100));
        }
        Ok(engine)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some((child, folder)) = &mut self.started {
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            let _ = child.wait();
            let _ = fs::remove_dir_all(folder);
        }
    }
}

fn answers() -> bool {
    let status = Command::new("docker")
        .args(["version", "--format", "{{.Server.Version}}"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}
