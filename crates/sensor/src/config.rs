//! Configuration of the sensor, as it stands in the file.

use std::path::PathBuf;

use serde::Deserialize;

/// How the probes are loaded and read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Folder in a BPF file system where maps and links are pinned. Two sensors on one host need
    /// two folders.
    pub bpffs_dir: PathBuf,
    /// Size of the ring buffer in bytes: a power of two, at least 262144. It holds what happens
    /// while the sensor is being restarted.
    pub ring_bytes: u32,
    /// Most events that one poll delivers before their space is given back.
    pub batch_events_max: u32,
    /// Wait in microseconds after the first event of a batch, so that one wake-up serves many.
    pub batch_wait_us: u64,
    /// Whether the sensor's own system calls are left out.
    pub ignore_self: bool,
    /// Whether the kernel leaves out what no rule can match: by process, path, result and socket.
    /// Without it every occurrence of each kind of event that some rule names is shipped, which
    /// gives the same alerts and costs more; for finding out whether the filter is at fault.
    pub kernel_filter: bool,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            bpffs_dir: PathBuf::from("/sys/fs/bpf/quaywatch"),
            ring_bytes: 8 << 20,
            batch_events_max: 4096,
            batch_wait_us: 1000,
            ignore_self: true,
            kernel_filter: true,
        }
    }
}
