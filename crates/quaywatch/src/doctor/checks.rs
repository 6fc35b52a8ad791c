//! The checks of `quaywatch doctor`. Each looks at the machine itself and changes nothing.

use std::{
    fs,
    io::ErrorKind,
    net::{SocketAddr, TcpListener},
    os::unix::net::UnixStream,
    path::Path,
};

use super::Finding;
use crate::config::Config;

/// The BPF ring buffer came with this kernel.
const KERNEL_MIN: (u32, u32) = (5, 8);
/// Below this the store has no room to work in.
const DISK_FREE_BYTES_MIN: u64 = 1 << 30;

/// 0: for everyone, 1: for a group, 2: for nobody. Since 6.6.
const IO_URING_SWITCH: &str = "/proc/sys/kernel/io_uring_disabled";
/// Since here the probes can ask which call makes a process.
const CALLER_REGISTERS: (u32, u32) = (5, 15);

const CAP_DAC_READ_SEARCH: u32 = 2;
const CAP_SYS_PTRACE: u32 = 19;
const CAP_SYS_ADMIN: u32 = 21;
const CAP_PERFMON: u32 = 38;
const CAP_BPF: u32 = 39;

/// Everything, in the order in which it is worth mending.
pub(crate) fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = kernel();
    findings.push(process_namespace());
    findings.push(blind_spots(&fs::read_to_string(IO_URING_SWITCH).unwrap_or_default(), version()));
    findings.extend(runtimes(config));
    findings.push(disk(&config.data_dir));
    let hub = &config.hub;
    for (what, address) in
        [("ingest port", hub.ingest_listen), ("page port", hub.web_listen), ("loki port", hub.loki_listen)]
    {
        findings.push(port(what, address, config));
    }
    for (name, address) in config.gateway.wanted_listeners() {
        findings.push(port(if name == "https" { "https port" } else { "http port" }, address, config));
    }
    if !config.auth {
        findings.push(Finding::fair(
            "users",
            "auth is off: every process that reaches a listener may read and write",
            "remove `auth: false` and `--auth off`",
        ));
    }
    findings
}

/// What the sensor needs of the kernel and of its own rights.
pub(crate) fn kernel() -> Vec<Finding> {
    vec![kernel_version(), btf(), rights(), bpf_file_system()]
}

fn kernel_version() -> Finding {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let release = release.trim();
    if version() >= KERNEL_MIN {
        Finding::good("kernel", format!("Linux {release}"))
    } else {
        Finding::bad(
            "kernel",
            format!("Linux {release} has no BPF ring buffer"),
            "use a kernel of 5.8 or newer (Debian 11 and Ubuntu 22.04 have one)",
        )
        .for_kernel()
    }
}

/// Major and minor number; zeros when they cannot be read.
fn version() -> (u32, u32) {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release.trim().split(['.', '-']).map(|part| part.parse::<u32>().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// What the probes cannot show on this kernel. Nothing that keeps the sensor from its work.
fn blind_spots(io_uring_disabled: &str, version: (u32, u32)) -> Finding {
    let mut spots = Vec::new();
    if io_uring_disabled.trim() != "2" {
        spots.push(
            "operations through io_uring (that it is used is seen; `sysctl kernel.io_uring_disabled=2` shuts it)",
        );
    }
    if version < CALLER_REGISTERS {
        spots.push("fork, vfork and clone3 as such (all are `clone` before kernel 5.15)");
    }
    if cfg!(target_arch = "aarch64") {
        spots.push("calls of 32-bit programs (they are counted)");
    }
    let found = if spots.is_empty() { "none known".to_owned() } else { spots.join("; ") };
    Finding::good("blind spots", found)
}

fn btf() -> Finding {
    let path = "/sys/kernel/btf/vmlinux";
    match fs::File::open(path) {
        Ok(_) => Finding::good("btf", format!("{path} is there")),
        Err(error) => Finding::bad(
            "btf",
            format!("{path}: {error}"),
            "the kernel must be built with CONFIG_DEBUG_INFO_BTF=y (all current distribution kernels are); \
             in a container mount /sys/kernel/btf read-only",
        )
        .for_kernel(),
    }
}

fn rights() -> Finding {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:")).unwrap_or("0");
    let effective = u64::from_str_radix(line.trim(), 16).unwrap_or(0);
    let has = |capability: u32| effective >> capability & 1 == 1;
    let mut missing = Vec::new();
    if !has(CAP_SYS_ADMIN) {
        if !has(CAP_BPF) {
            missing.push("CAP_BPF");
        }
        if !has(CAP_PERFMON) {
            missing.push("CAP_PERFMON");
        }
    }
    if !has(CAP_SYS_PTRACE) {
        missing.push("CAP_SYS_PTRACE");
    }
    if !has(CAP_DAC_READ_SEARCH) {
        missing.push("CAP_DAC_READ_SEARCH");
    }
    if missing.is_empty() {
        Finding::good("rights", "enough to load the probes and to read every /proc entry")
    } else {
        Finding::bad(
            "rights",
            format!("missing {}", missing.join(", ")),
            "run as root (sudo quaywatch run); in a container add cap_add: [BPF, PERFMON, SYS_PTRACE, \
             DAC_READ_SEARCH] (SYS_ADMIN in place of the first two on engines that do not know them)",
        )
        .for_kernel()
    }
}

fn bpf_file_system() -> Finding {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let found = mounts.lines().find(|line| line.split(' ').nth(2) == Some("bpf"));
    match found.and_then(|line| line.split(' ').nth(1)) {
        Some(place) => Finding::good("bpffs", format!("mounted on {place}")),
        None => Finding::fair(
            "bpffs",
            "no BPF file system is mounted: the sensor mounts it if it may",
            "mount -t bpf bpf /sys/fs/bpf; in a container mount /sys/fs/bpf from the host",
        ),
    }
}

fn process_namespace() -> Finding {
    // In the initial pid namespace kthreadd is process 2.
    let second = fs::read_to_string("/proc/2/comm").unwrap_or_default();
    if second.trim() == "kthreadd" {
        Finding::good("processes", "sees the processes of the host")
    } else {
        Finding::fair(
            "processes",
            "runs in a pid namespace of its own: processes older than the sensor have no names",
            "in a container use pid: host",
        )
    }
}

fn runtimes(config: &Config) -> Vec<Finding> {
    let mut found = Vec::new();
    for socket in config.runtime_sockets() {
        match UnixStream::connect(&socket) {
            Ok(_) => found.push(Finding::good("runtime", format!("{} answers", socket.display()))),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => found.push(Finding::fair(
                "runtime",
                format!("{}: {error}", socket.display()),
                "start the runtime, or remove its socket from sensor.containers",
            )),
        }
    }
    if found.is_empty() {
        found.push(Finding::fair(
            "runtime",
            "no container runtime answers: containers are told apart, but have no names",
            "start Docker or Podman; in a container mount /var/run/docker.sock",
        ));
    }
    found
}

fn disk(folder: &Path) -> Finding {
    let existing = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    match rustix::fs::statvfs(existing) {
        Ok(data) => {
            let free = data.f_bavail.saturating_mul(data.f_frsize);
            let text = format!("{} MiB free for {}", free >> 20, folder.display());
            if free >= DISK_FREE_BYTES_MIN {
                Finding::good("disk", text)
            } else {
                Finding::bad("disk", text, "free at least 1 GiB, or name another place with --data-dir")
            }
        }
        Err(error) => Finding::bad(
            "disk",
            format!("{}: {error}", existing.display()),
            "name a folder that exists with --data-dir",
        ),
    }
}

fn port(what: &'static str, address: SocketAddr, config: &Config) -> Finding {
    match TcpListener::bind(address) {
        Ok(_) => Finding::good(what, format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            if UnixStream::connect(config.hub_socket()).is_ok() {
                Finding::good(
                    what,
                    format!("{address} is in use, and a hub is running on {}", config.data_dir.display()),
                )
            } else {
                Finding::bad(
                    what,
                    format!("{address} is taken by another program"),
                    format!(
                        "find it with `ss -ltnp sport = :{}`, or set another address in the configuration",
                        address.port()
                    ),
                )
            }
        }
        Err(error) => Finding::bad(
            what,
            format!("{address}: {error}"),
            "set an address of this machine in the configuration",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_kernel_cannot_show_is_named() {
        let old = blind_spots("", (5, 10)).found;
        assert!(old.contains("io_uring") && old.contains("clone3"), "{old}");
        if cfg!(target_arch = "x86_64") {
            assert_eq!(blind_spots("2\n", (6, 12)).found, "none known");
        }
    }
}
