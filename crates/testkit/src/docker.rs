//! Containers, by the `docker` command: what a user types is what is tested.

use std::{
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use crate::image::LABEL;

/// Makes containers with names of its own and removes those it forgot.
#[derive(Debug)]
pub struct Docker {
    prefix: String,
    count: AtomicU32,
}

/// How a container is made.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Name of the image.
    pub image: String,
    /// The container's name; made up when `None`.
    pub name: Option<String>,
    /// With a terminal.
    pub tty: bool,
    /// More options of `docker run`.
    pub options: Vec<String>,
    /// The command and its arguments.
    pub command: Vec<String>,
}

/// What a command printed and how it ended.
#[derive(Debug, Clone)]
pub struct Output {
    /// The exit code; -1 for a signal.
    pub code: i32,
    /// Standard output and standard error.
    pub text: String,
}

/// A container that runs in the background; removed when dropped.
#[derive(Debug)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// All 64 digits of its id.
    pub id: String,
}

impl Docker {
    /// `prefix` stands in front of the names.
    pub fn new(prefix: &str) -> Self {
        Docker { prefix: format!("{prefix}-{}", std::process::id()), count: AtomicU32::new(0) }
    }

    /// A name nobody has.
    pub fn fresh_name(&self) -> String {
        format!("{}-{}", self.prefix, self.count.fetch_add(1, Ordering::Relaxed))
    }

    /// Runs a container until it ends and removes it: `docker run --rm`.
    ///
    /// # Panics
    /// When the `docker` command cannot be started.
    pub fn run(&self, options: &RunOptions) -> Output {
        let name = options.name.clone().unwrap_or_else(|| self.fresh_name());
        output(self.command("--rm", &name, options))
    }

    /// Starts a container in the background.
    ///
    /// # Panics
    /// When Docker refuses.
    pub fn start(&self, options: &RunOptions) -> Container {
        let name = options.name.clone().unwrap_or_else(|| self.fresh_name());
        let started = output(self.command("--detach", &name, options));
        let id = started.text.lines().last().unwrap_or_default().trim().to_owned();
        assert!(started.code == 0 && id.len() == 64, "docker run --detach: {}", started.text);
        Container { name, id }
    }

    fn command(&self, way: &str, name: &str, options: &RunOptions) -> Command {
        let mut command = Command::new("docker");
        command.args(["run", way, "--name", name, "--label", &format!("{LABEL}={}", std::process::id())]);
        // A network of its own costs a tenth of a second and is needed by few.
        if !options.options.iter().any(|option| option.starts_with("--network")) {
            command.args(["--network", "none"]);
        }
        if options.tty {
            command.arg("--tty");
        }
        command.args(&options.options).arg(&options.image).args(&options.command);
        command
    }
}

impl Container {
    /// Runs a command in it: `docker exec`.
    ///
    /// # Panics
    /// When the `docker` command cannot be started.
    pub fn exec(&self, tty: bool, command: &[&str]) -> Output {
        let mut docker = Command::new("docker");
        docker.arg("exec");
        if tty {
            docker.arg("--tty");
        }
        output({
            docker.arg(&self.name).args(command);
            docker
        })
    }

    /// The first 12 digits of the id, as `container.id` gives them.
    pub fn short_id(&self) -> &str {
        self.id.get(..12).unwrap_or(&self.id)
    }

    /// Waits until it has ended and gives its exit code.
    ///
    /// # Panics
    /// When Docker does not answer with a number.
    pub fn wait(&self) -> i32 {
        let mut docker = Command::new("docker");
        docker.args(["wait", &self.name]);
        let waited = output(docker);
        waited.text.trim().parse().unwrap_or_else(|_| panic!("docker wait: {}", waited.text))
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let _ = Command::new("docker")
            .args(["rm", "--force", "--volumes", &self.name])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

fn output(mut command: Command) -> Output {
    let done = command.stdin(Stdio::null()).output().expect("docker");
    let mut text = String::from_utf8_lossy(&done.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&done.stderr));
    Output { code: done.status.code().unwrap_or(-1), text }
}
