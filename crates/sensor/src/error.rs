//! What can go wrong with the kernel, in words that say how to mend it.

use std::{io, path::PathBuf};

/// Why the sensor cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The kernel does not describe its types.
    #[error(
        "the kernel has no BTF in {path} ({source}); use a kernel built with CONFIG_DEBUG_INFO_BTF=y \
         (Debian 12, Ubuntu 22.04, TrueNAS SCALE, Unraid 6.12 and Proxmox 7 or later have it)"
    )]
    NoBtf {
        /// Where it was looked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The process may not load programs.
    #[error(
        "no right to load eBPF programs: {missing} missing; run as root, or add \
         CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH (in a container: --privileged or --cap-add)"
    )]
    NoRights {
        /// The capabilities that are missing.
        missing: String,
    },
    /// There is no BPF file system to pin to.
    #[error(
        "{dir} is not in a BPF file system ({source}); run `mount -t bpf bpf /sys/fs/bpf`, or in a \
         container mount the host's with `-v /sys/fs/bpf:/sys/fs/bpf`"
    )]
    NoBpffs {
        /// The folder of the configuration.
        dir: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another sensor uses the same folder.
    #[error("another sensor is running with {dir}; stop it, or give this one another `bpffs_dir`")]
    InUse {
        /// The folder of the configuration.
        dir: PathBuf,
    },
    /// The configured size is not possible.
    #[error("`ring_bytes` is {bytes}: it must be a power of two from {min} to {max}")]
    RingSize {
        /// What was configured.
        bytes: u32,
        /// Smallest.
        min: u32,
        /// Largest.
        max: u32,
    },
    /// The kernel's verifier refused a program.
    #[error(
        "the kernel refused probe `{program}`: {source}; a kernel of 5.15 or later is needed; \
         the verifier said:\n{log}"
    )]
    Verifier {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
        /// The last lines of the verifier's log.
        log: String,
    },
    /// The object could not be fitted to this kernel.
    #[error("the probes do not fit this kernel: {0}; run `quaywatch doctor` and report its output")]
    Load(#[source] Box<aya::EbpfError>),
    /// A program could not be loaded or attached.
    #[error("probe `{program}` cannot be attached: {source}; run `quaywatch doctor`")]
    Attach {
        /// The program.
        program: String,
        /// What aya said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A map could not be made, pinned or opened.
    #[error("BPF map `{name}` in {dir}: {source}; `quaywatch sensor --uninstall` removes what is pinned")]
    Map {
        /// The map.
        name: String,
        /// The folder of the configuration.
        dir: PathBuf,
        /// What aya said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The ring could not be mapped into memory.
    #[error("cannot map the ring buffer: {0}; lower `ring_bytes` or free memory")]
    Ring(#[source] io::Error),
    /// A file could not be read or written.
    #[error("{what}: {source}")]
    Io {
        /// What was tried, with the path.
        what: String,
        /// What the system said.
        source: io::Error,
    },
}

/// Why no events can be read.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    /// Waiting failed.
    #[error("cannot wait for the ring buffer: {0}; restart the sensor")]
    Wait(#[source] io::Error),
}

/// Why the kernel filter could not be written. The old one stays in force.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the kernel filter into map `{map}`: {source}; the previous filter stays in force")]
pub struct InterestError {
    /// The map.
    pub map: &'static str,
    /// What aya said.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}
