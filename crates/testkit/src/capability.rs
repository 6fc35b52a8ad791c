//! What a machine must have for a test, and what happens when it has not.

use std::{
    path::Path,
    process::{Command, Stdio},
};

/// Something that not every machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// Root, BTF and a mounted bpffs.
    Bpf,
    /// A Docker engine that answers, and a static busybox to make images of.
    Docker,
    /// A built `quaywatch`.
    Binary,
    /// A browser without a window.
    Chromium,
}

impl Capability {
    /// As `QUAYWATCH_MUST_RUN` (a list with commas) names it.
    pub fn name(self) -> &'static str {
        match self {
            Capability::Bpf => "bpf",
            Capability::Docker => "docker",
            Capability::Binary => "binary",
            Capability::Chromium => "chromium",
        }
    }
}

/// Why a capability is not there; `None` when it is.
pub fn unavailable(capability: Capability) -> Option<String> {
    match capability {
        Capability::Bpf => no_bpf(),
        Capability::Docker => no_docker(),
        Capability::Binary => crate::binary().is_none().then(|| {
            "no built quaywatch: run `cargo build -p quaywatch` or name one in QUAYWATCH_BIN".into()
        }),
        Capability::Chromium => {
            let named = std::env::var_os("QUAYWATCH_BROWSER").is_some();
            (!named && !in_path("chromium")).then(|| "no chromium".into())
        }
    }
}

/// Reports a skipped test.
///
/// # Panics
/// When `QUAYWATCH_MUST_RUN` names the capability.
pub fn skipped(capability: Capability, reason: &str) {
    println!("skipped: {reason}");
    eprintln!("skipped: {reason}");
    let must_run = std::env::var("QUAYWATCH_MUST_RUN").unwrap_or_default();
    // Without the binary nothing of the machine's capabilities was put to use.
    let required = must_run.split(',').any(|name| name == capability.name())
        || capability == Capability::Binary && !must_run.is_empty();
    assert!(!required, "this test must run here, but: {reason}");
}

fn no_bpf() -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("kernel probes need root".into());
    }
    if !Path::new("/sys/kernel/btf/vmlinux").exists() {
        return Some("the kernel has no BTF".into());
    }
    None
}

fn no_docker() -> Option<String> {
    let answers = Command::new("docker")
        .args(["version", "--format", "{{.Server.Version}}"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !answers {
        return Some("no Docker engine answers".into());
    }
    (!Path::new(crate::image::BUSYBOX).exists()).then(|| format!("no static {}", crate::image::BUSYBOX))
}

fn in_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).exists())
}
