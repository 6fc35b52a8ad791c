//! `quaywatch run`: starts the sensor and the hub, starts them again when they die, and ends
//! them when it is asked to end. It parses nothing: the configuration is handed on as an open
//! file.

use std::{
    fs::{self, File},
    io::ErrorKind,
    os::unix::{fs::PermissionsExt as _, process::ExitStatusExt as _},
    path::Path,
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result};
use tokio::{
    process::{Child, Command},
    signal::unix::{SignalKind, signal},
    time::Instant,
};

use crate::{
    config::{Config, DEFAULT_PATH},
    confine,
    listeners::Listeners,
};

/// Names the supervisor's pid to its children.
const SUPERVISOR: &str = "QUAYWATCH_SUPERVISOR";

/// User and group of the hub: what faces the network holds no rights.
pub(crate) const HUB_UID: u32 = 10001;

/// First pause before a dead process is started again; doubled with every early death.
const RESTART_PAUSE_MS_MIN: u64 = 100;
/// Longest pause between two starts.
const RESTART_PAUSE_MS_MAX: u64 = 10_000;
/// A process that lived this long was healthy: the next pause is the shortest again.
const HEALTHY_SECONDS: u64 = 30;
/// How long a process may take to end when asked.
const STOP_SECONDS_MAX: u64 = 10;

/// Exit code of a process that will fail the same way again: bad configuration or rules, a
/// kernel without what the probes need. Starting it again would only repeat its words.
pub(crate) const EXIT_BAD_INPUT: u8 = 1;
/// Exit code of a process that may do better next time: a disk that fails, a port that is taken.
pub(crate) const EXIT_TRY_AGAIN: u8 = 75;
/// Exit code of a sensor that this kernel or these rights cannot carry.
pub(crate) const EXIT_NO_KERNEL: u8 = 3;

/// What both children are started with.
pub(crate) struct Children<'a> {
    /// The configuration in force, for its folders.
    pub(crate) config: &'a Config,
    /// The file it came from, if one was named.
    pub(crate) config_path: Option<&'a Path>,
    /// `--auth` as given.
    pub(crate) auth_off: bool,
}

/// Runs until told to end, or until a child says that it can never work.
pub(crate) async fn run(children: &Children<'_>, mut listeners: Listeners) -> Result<u8> {
    prepare_folders(children.config)?;
    let mut stop = Stop::listen()?;
    let mut hub = Keeper::new("hub");
    let mut sensor = Keeper::new("sensor");
    hub.start(children, Some(&mut listeners))?;
    sensor.start(children, None)?;
    let code = loop {
        let (hub_restart, sensor_restart) = (hub.restart_at, sensor.restart_at);
        tokio::select! {
            () = stop.asked() => break 0,
            ended = hub.ended() => if let Some(code) = hub.note_end(&ended) { break code },
            ended = sensor.ended() => if let Some(code) = sensor.note_end(&ended) { break code },
            () = pause_over(hub_restart) => hub.start(children, Some(&mut listeners))?,
            () = pause_over(sensor_restart) => sensor.start(children, None)?,
        }
    };
    // The sensor first, so that its last alerts still find the hub.
    sensor.stop().await;
    hub.stop().await;
    Ok(code)
}

/// SIGTERM, SIGINT and SIGHUP of the supervisor.
struct Stop {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Stop {
    fn listen() -> Result<Stop> {
        Ok(Stop { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => (),
            _ = self.interrupt.recv() => (),
        }
    }
}

/// One child, alive or waiting to be started again.
struct Keeper {
    name: &'static str,
    child: Option<Child>,
    started: Instant,
    pause_ms: u64,
    restart_at: Option<Instant>,
}

impl Keeper {
    fn new(name: &'static str) -> Self {
        Keeper {
            name,
            child: None,
            started: Instant::now(),
            pause_ms: RESTART_PAUSE_MS_MIN,
            restart_at: None,
        }
    }

    fn start(&mut self, children: &Children<'_>, listeners: Option<&mut Listeners>) -> Result<()> {
        // The link names this very program, even when its file was replaced or its folder is
        // closed to the hub's user.
        let mut command = Command::new("/proc/self/exe");
        command.arg(self.name).arg("--data-dir").arg(&children.config.data_dir);
        match config_file(children.config_path)? {
            Some(file) => command.args(["--config", "-"]).stdin(Stdio::from(file)),
            None => command.stdin(Stdio::null()),
        };
        if children.auth_off {
            command.args(["--auth", "off"]);
        }
        // What systemd gave to this process is not the sensor's.
        command.env_remove("LISTEN_FDS").env_remove("LISTEN_PID").env_remove("LISTEN_FDNAMES");
        if let Some(listeners) = listeners {
            listeners.bind_missing(&children.config.wanted_listeners());
            listeners.hand_to(&mut command).context("cannot hand the listening sockets on")?;
        }
        command.env(SUPERVISOR, std::process::id().to_string());
        self.child = Some(command.spawn().with_context(|| format!("cannot start the {}", self.name))?);
        self.started = Instant::now();
        self.restart_at = None;
        Ok(())
    }

    async fn ended(&mut self) -> std::io::Result<std::process::ExitStatus> {
        match &mut self.child {
            Some(child) => child.wait().await,
            None => std::future::pending().await,
        }
    }

    /// Plans the next start; gives an exit code when there is no use in one.
    fn note_end(&mut self, ended: &std::io::Result<std::process::ExitStatus>) -> Option<u8> {
        self.child = None;
        let lived = self.started.elapsed();
        if let Ok(status) = ended
            && let Some(code) = status.code()
            && let Ok(code) = u8::try_from(code)
            && [EXIT_BAD_INPUT, EXIT_NO_KERNEL].contains(&code)
            && lived < Duration::from_secs(HEALTHY_SECONDS)
        {
            tracing::error!(process = self.name, code, "ended with an error that a new start would repeat");
            return Some(code);
        }
        if lived >= Duration::from_secs(HEALTHY_SECONDS) {
            self.pause_ms = RESTART_PAUSE_MS_MIN;
        }
        if ended.as_ref().is_ok_and(std::process::ExitStatus::success) {
            // Told to end, by its owner or an upgrade: not a death, and connections are waiting.
            tracing::info!(process = self.name, "ended as told, starting it again");
            self.restart_at = Some(Instant::now());
            return None;
        }
        let why = match ended {
            Ok(status) => {
                status.signal().map_or_else(|| status.to_string(), |signal| format!("signal {signal}"))
            }
            Err(error) => error.to_string(),
        };
        tracing::warn!(process = self.name, why, restart_ms = self.pause_ms, "ended, starting it again");
        self.restart_at = Some(Instant::now() + Duration::from_millis(self.pause_ms));
        self.pause_ms = self.pause_ms.saturating_mul(2).min(RESTART_PAUSE_MS_MAX);
        None
    }

    async fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        if let Some(pid) =
            child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let limit = Duration::from_secs(STOP_SECONDS_MAX);
        if tokio::time::timeout(limit, child.wait()).await.is_err() {
            tracing::warn!(process = self.name, "did not end in time, killing it");
            let _ = child.kill().await;
        }
    }
}

/// Ends when a dead process is to be started again; never when none is.
async fn pause_over(restart_at: Option<Instant>) {
    match restart_at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Opens the file both children read; the default one may be absent.
fn config_file(path: Option<&Path>) -> Result<Option<File>> {
    let named = path.unwrap_or(Path::new(DEFAULT_PATH));
    match File::open(named) {
        Ok(file) => Ok(Some(file)),
        Err(error) if path.is_none() && error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", named.display())),
    }
}

/// The data folder: the hub's part belongs to the hub, the sensor's to root alone.
pub(crate) fn prepare_folders(config: &Config) -> Result<()> {
    if !config.data_dir.exists() {
        make_folder(&config.data_dir, 0o755, None)?;
    }
    prepare_hub_folder(config)?;
    make_folder(&config.data_dir.join("run"), 0o755, Some(HUB_UID))?;
    make_folder(&config.sensor_dir(), 0o700, None)
}

/// The hub's folder alone: for commands that may run in the hub's container, as the hub's user.
pub(crate) fn prepare_hub_folder(config: &Config) -> Result<()> {
    make_folder(&config.hub_dir(), 0o700, Some(HUB_UID))
}

/// A sensor that runs alone makes nothing but its own: the hub may be in another container, with
/// folders that this one neither sees nor owns.
pub(crate) fn prepare_sensor_folder(config: &Config) -> Result<()> {
    make_folder(&config.sensor_dir(), 0o700, None)
}

fn make_folder(folder: &Path, mode: u32, owner: Option<u32>) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::set_permissions(folder, fs::Permissions::from_mode(mode))
        .with_context(|| format!("cannot set the mode of {}", folder.display()))?;
    if owner.is_some() && rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(folder, owner, owner)
            .with_context(|| format!("cannot give {} to user {HUB_UID}", folder.display()))?;
    }
    Ok(())
}

/// Called by the hub at its start: the supervisor starts it as root, so that it can give up even
/// the bounding set of capabilities. Started by hand, it keeps the user it was started as.
///
/// # Errors
/// The kernel refuses; a hub with root's rights does not start.
pub(crate) fn leave_root_behind() -> Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    if std::env::var_os(SUPERVISOR).is_none() {
        tracing::warn!("the hub runs as root: `quaywatch run` gives it a user of its own");
        return Ok(());
    }
    confine::become_user(HUB_UID)
}

/// Called by a child of ours at its start: it ends when the supervisor does, however that ends,
/// so that a new one finds ports and folders free.
pub(crate) fn die_with_supervisor() {
    let Some(supervisor) = std::env::var(SUPERVISOR).ok().and_then(|pid| pid.parse::<i32>().ok()) else {
        return;
    };
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM));
    // It may have ended before the line above.
    if rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get()) != Some(supervisor) {
        tracing::error!("the supervisor is gone");
        std::process::exit(i32::from(EXIT_BAD_INPUT));
    }
}
