//! A running Quaywatch with folders, ports and kernel pins of its own.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::{LogQl, OutputLines, PATIENCE, await_some, await_until, binary, kill, request};

/// Everything a run needs, before it runs: a temporary folder and free ports.
#[derive(Debug)]
pub struct Setup {
    folder: TempDir,
    /// Where the listeners will be.
    pub ports: Ports,
    /// Lines of the configuration below `sensor:`, each with its line end and indentation.
    pub sensor_config: String,
    /// Lines of the configuration below `sensor.probes:`, alike.
    pub probes_config: String,
    /// Lines of the configuration below `hub:`, alike.
    pub hub_config: String,
    /// Lines of the configuration below `gateway:`, alike.
    pub gateway_config: String,
    /// Ask for users and tokens.
    pub auth: bool,
    /// Environment variables of the processes.
    pub environment: Vec<(String, String)>,
}

/// Addresses of the listeners.
#[derive(Debug, Clone, Copy)]
pub struct Ports {
    /// Alert ingest.
    pub ingest: SocketAddr,
    /// Page.
    pub web: SocketAddr,
    /// Loki API.
    pub loki: SocketAddr,
    /// The gateway's https.
    pub https: SocketAddr,
    /// The gateway's http.
    pub http: SocketAddr,
}

/// The processes, ended when dropped.
#[derive(Debug)]
pub struct Quaywatch {
    child: Child,
    /// What it was made from; the data folder lives as long.
    pub setup: Setup,
    /// Standard output: alerts.
    pub stdout: OutputLines,
    /// Standard error: the log.
    pub stderr: OutputLines,
}

impl Setup {
    /// A new folder, new ports.
    ///
    /// # Panics
    /// When the machine has neither.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("quaywatch-test-").tempdir().expect("a folder");
        // The hub runs as a user of its own and must be able to pass.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let listeners: Vec<TcpListener> =
            (0..5).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port")).collect();
        let address = |index: usize| listeners[index].local_addr().expect("bound");
        let ports = Ports {
            ingest: address(0),
            web: address(1),
            loki: address(2),
            https: address(3),
            http: address(4),
        };
        Setup {
            folder,
            ports,
            sensor_config: String::new(),
            probes_config: String::new(),
            hub_config: String::new(),
            gateway_config: String::new(),
            auth: false,
            environment: Vec::new(),
        }
    }

    /// The folder of this run.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its data folder.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Writes a file into the folder and gives its path.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).expect("a file in the test's folder");
        path
    }

    /// The configuration as it will be written.
    pub fn config(&self) -> String {
        let Ports { ingest, web, loki, https, http } = self.ports;
        let (hub, sensor, gateway) = (&self.hub_config, &self.sensor_config, &self.gateway_config);
        let pins = self.pins();
        let pins = pins.display();
        let probes = &self.probes_config;
        format!(
            "auth: {}\ngateway:\n  https_listen: {https}\n  http_listen: {http}\n{gateway}hub:\n  ingest_listen: {ingest}\n  web_listen: {web}\n  loki_listen: {loki}\n  \
             outputs:\n    stdout:\n      format: json\n{hub}sensor:\n  probes:\n    bpffs_dir: {pins}\n{probes}{sensor}",
            self.auth,
        )
    }

    /// Where the kernel objects are pinned: by name of the folder, so that runs do not meet.
    pub fn pins(&self) -> PathBuf {
        Path::new("/sys/fs/bpf").join(self.folder.path().file_name().expect("a named folder"))
    }

    /// A command of the binary with this run's configuration, data folder and environment.
    ///
    /// # Panics
    /// When there is no binary.
    pub fn command(&self, word: &str) -> Command {
        let config = self.write("quaywatch.yaml", &self.config());
        let mut command = Command::new(binary().expect("a built quaywatch"));
        command.arg(word).arg("--config").arg(config).arg("--data-dir").arg(self.data_dir());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env("RUST_BACKTRACE", "1");
        command
    }

    /// Starts `quaywatch <word>` (`run`, `sensor` or `hub`) and does not wait for anything.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn spawn(self, word: &str) -> Quaywatch {
        let mut command = self.command(word);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("quaywatch starts");
        let stdout = OutputLines::collect(child.stdout.take().expect("piped"));
        let stderr = OutputLines::collect(child.stderr.take().expect("piped"));
        Quaywatch { child, setup: self, stdout, stderr }
    }

    /// Starts `quaywatch run` and waits until the store answers.
    ///
    /// # Panics
    /// When it does not.
    pub fn run(self) -> Quaywatch {
        let mut service = self.spawn("run");
        service.await_ready();
        service
    }
}

impl Default for Setup {
    fn default() -> Self {
        Setup::new()
    }
}

impl Quaywatch {
    /// The process that was started: the supervisor, for `run`.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A child of the supervisor: `hub` or `sensor`.
    ///
    /// # Panics
    /// When there is none in time.
    pub fn child(&self, word: &str) -> u32 {
        await_some(&format!("the {word} to run"), PATIENCE, || crate::child_named(self.pid(), word))
    }

    /// Kills a child of the supervisor the hard way; false when there was none at the moment.
    pub fn kill_child(&self, word: &str) -> bool {
        match crate::child_named(self.pid(), word) {
            Some(pid) => {
                kill(pid, Signal::KILL);
                true
            }
            None => false,
        }
    }

    /// Waits until the Loki API says that it is ready.
    ///
    /// # Panics
    /// When the process ends before, or takes too long; with its log.
    pub fn await_ready(&mut self) {
        let address = self.setup.ports.loki;
        let start = Instant::now();
        loop {
            let answer = request("GET", address, "/ready", &[], b"");
            if answer.is_ok_and(|answer| answer.status == 200) {
                return;
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("quaywatch ended with {status} before it was ready:\n{}", self.stderr.text());
            }
            assert!(start.elapsed() < PATIENCE, "quaywatch is not ready:\n{}", self.stderr.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The log store of this run, without credentials.
    pub fn logql(&self) -> LogQl {
        LogQl::new(self.setup.ports.loki, None)
    }

    /// What the page's API says of the pipeline's health: lost events, queues, problems.
    pub fn health(&self) -> String {
        request("GET", self.setup.ports.web, "/api/health", &[], b"")
            .map_or_else(|error| error.to_string(), |answer| answer.text())
    }

    /// Waits until the process has ended by itself.
    ///
    /// # Panics
    /// When it does not in time.
    pub fn await_end(&mut self) -> ExitStatus {
        let log = self.stderr.clone();
        let child = &mut self.child;
        let start = Instant::now();
        loop {
            if let Ok(Some(status)) = child.try_wait() {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "quaywatch does not end:\n{}", log.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the log holds a text.
    ///
    /// # Panics
    /// When it does not in time.
    #[track_caller]
    pub fn await_log(&self, text: &str) {
        await_until(&format!("{text:?} in the log"), PATIENCE, || self.stderr.text().contains(text));
    }
}

impl Drop for Quaywatch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the health of quaywatch: {}", self.health());
        }
        let children = crate::children(self.pid());
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            kill(self.pid(), Signal::TERM);
            let start = Instant::now();
            while self.child.try_wait().is_ok_and(|status| status.is_none()) {
                if start.elapsed() > Duration::from_secs(15) {
                    kill(self.pid(), Signal::KILL);
                    break;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        let _ = self.child.wait();
        for pid in children {
            if crate::parent_of(pid).is_some_and(|parent| parent == 1) {
                kill(pid, Signal::KILL);
            }
        }
        let _ = fs::remove_dir_all(self.setup.pins());
        // Where a sensor keeps what it knows of processes: named after its pins.
        let state = self.setup.pins().to_string_lossy().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        for place in ["/run/quaywatch", "/dev/shm/quaywatch"] {
            let _ = fs::remove_dir_all(Path::new(place).join(&state));
        }
        if std::thread::panicking() {
            eprintln!("the log of quaywatch:\n{}", self.stderr.text());
        }
    }
}
