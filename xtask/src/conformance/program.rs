//! Runs the program that is tested, as the recordings were made: UTC, a fixed host name, and a
//! bound on how long it may take.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

/// The largest capture with the rules that fire most takes a few seconds in a release build.
const RUN_S_MAX: u64 = 600;

/// The binary.
#[derive(Debug, Clone)]
pub(super) struct Program {
    path: PathBuf,
}

impl Program {
    /// The given binary, else `QUAYWATCH_BIN`, else the newest build below the target folder.
    pub(super) fn find(root: &Path, given: Option<&str>) -> Result<Program> {
        if let Some(path) =
            given.map(PathBuf::from).or_else(|| std::env::var_os("QUAYWATCH_BIN").map(PathBuf::from))
        {
            anyhow::ensure!(path.is_file(), "there is no program {}", path.display());
            return Ok(Program { path });
        }
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let built = ["release", "debug"].map(|profile| target.join(profile).join("quaywatch"));
        let newest =
            built.into_iter().filter_map(|path| Some((path.metadata().ok()?.modified().ok()?, path))).max();
        match newest {
            Some((_, path)) => Ok(Program { path }),
            None => bail!("no quaywatch below {}: build it, or name it with --bin", target.display()),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new(&self.path);
        command
            .args(arguments)
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8")
            .env("FALCO_HOSTNAME", "golden")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs to the end, hands each line of standard output on as it comes; the exit code and what
    /// stood on standard error.
    pub(super) fn lines<A: AsRef<OsStr>>(
        &self,
        arguments: &[A],
        input: String,
        on_line: &mut dyn FnMut(&[u8]),
    ) -> Result<(i32, String)> {
        let mut child =
            self.command(arguments).spawn().with_context(|| format!("cannot run {}", self.path.display()))?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let writer = thread::spawn(move || {
            // A program that ends early does not read all: its answers tell.
            if let Some(mut stdin) = stdin {
                let _ = stdin.write_all(input.as_bytes());
            }
        });
        let complaints = thread::spawn(move || {
            let mut text = Vec::new();
            if let Some(stderr) = stderr {
                let _ = stderr.take(1 << 20).read_to_end(&mut text);
            }
            String::from_utf8_lossy(&text).into_owned()
        });
        let watched = Watched::new(child);
        if let Some(stdout) = stdout {
            let mut reader = BufReader::with_capacity(1 << 20, stdout);
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line)? > 0 {
                on_line(line.strip_suffix(b"\n").unwrap_or(&line));
                line.clear();
            }
        }
        let code = watched.end()?;
        let _ = writer.join();
        Ok((code, complaints.join().unwrap_or_default()))
    }

    /// All of standard output.
    pub(super) fn output<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<(i32, String, String)> {
        let mut all = Vec::new();
        let (code, complaints) = self.lines(arguments, String::new(), &mut |line| {
            all.extend_from_slice(line);
            all.push(b'\n');
        })?;
        Ok((code, String::from_utf8_lossy(&all).into_owned(), complaints))
    }
}

/// A child that is killed when it takes too long.
struct Watched {
    child: std::sync::Arc<std::sync::Mutex<Child>>,
}

impl Watched {
    fn new(child: Child) -> Watched {
        let child = std::sync::Arc::new(std::sync::Mutex::new(child));
        let weak = std::sync::Arc::downgrade(&child);
        thread::spawn(move || {
            let start = Instant::now();
            while start.elapsed() < Duration::from_secs(RUN_S_MAX) {
                thread::sleep(Duration::from_millis(200));
                if weak.upgrade().is_none() {
                    return;
                }
            }
            if let Some(child) = weak.upgrade()
                && let Ok(mut child) = child.lock()
            {
                let _ = child.kill();
            }
        });
        Watched { child }
    }

    fn end(self) -> Result<i32> {
        let mut child = self.child.lock().map_err(|_| anyhow::anyhow!("the watching thread panicked"))?;
        Ok(child.wait()?.code().unwrap_or(-1))
    }
}
