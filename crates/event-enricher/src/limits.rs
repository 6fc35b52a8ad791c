//! Bounds of everything that grows with foreign data.

/// Processes in the table, those that ended included. The kernel's default `pid_max` on large
/// hosts is 4 million, but living processes on a host of containers are some thousands; at about
/// 1 kB each (arguments are shared with the parent until exec) this is 64 MB at the worst.
pub const PROCESSES_MAX: usize = 65_536;

/// Ended processes kept for the lineage of their children and for late events.
pub const ENDED_PROCESSES_MAX: usize = 8192;

/// How long an ended process is kept, in nanoseconds of event time.
pub const ENDED_KEPT_NS: u64 = 60_000_000_000;

/// How often living processes are compared with /proc, in nanoseconds of event time: an exit
/// event that was lost must not keep its process for ever.
pub const RECONCILE_EVERY_NS: u64 = 60_000_000_000;

/// Ancestors looked at. Falco's own loops end at 16 to 20 for most fields.
pub const ANCESTORS_MAX: usize = 64;

/// Ancestors looked at for an environment variable (Falco: 20).
pub const ENVIRONMENT_ANCESTORS_MAX: usize = 20;

/// Bytes of arguments, environment and control groups kept per process: what the probes ship.
pub const TEXT_BYTES_MAX: usize = 4096;

/// Bytes of one proc file that are read.
pub const PROC_FILE_BYTES_MAX: usize = 64 * 1024;

/// Bytes of a passwd or group file that are read: a container chooses its own.
pub const USER_FILE_BYTES_MAX: usize = 1024 * 1024;

/// Users and groups kept of one file.
pub const USERS_MAX: usize = 16_384;

/// Containers whose user lists are remembered.
pub const USER_LISTS_MAX: usize = 256;

/// How often a user list's file is looked at again.
pub const USER_LIST_CHECK_EVERY: std::time::Duration = std::time::Duration::from_secs(2);

/// Containers that were waited for once, remembered so that they are not waited for again.
pub const WAITED_CONTAINERS_MAX: usize = 1024;

/// Children whose new parent is asked for when a process ends.
pub const ORPHANS_MAX: usize = 256;

/// Threads of a recorded machine. Falco's own bound; at about 600 bytes each this is 160 MB at the
/// worst, which only a capture made for it reaches.
pub const THREADS_MAX: usize = 262_144;

/// Descriptors of one recorded process (libsinsp: 4096).
pub const DESCRIPTORS_MAX: usize = 4096;

/// Threads of a group that are looked at for one that lives.
pub const GROUP_THREADS_SCANNED_MAX: usize = 4096;

/// Bytes of an enter event that are kept for its exit event: an event has 64 kB at most.
pub const ENTERED_BYTES_MAX: usize = 65_536;

/// Addresses of a recorded machine: a host of containers has some per container.
pub const INTERFACES_MAX: usize = 4096;

/// Users and groups of a capture, those of its containers included.
pub const REPLAYED_USERS_MAX: usize = 131_072;

/// Descriptors of one poll that are shown: an event of 64 kB has room for no more.
pub const LISTED_DESCRIPTORS_MAX: usize = 6553;

/// Processors whose context switches are timed.
pub const PROCESSORS_MAX: usize = 4096;

const _: () = assert!(ENDED_PROCESSES_MAX < PROCESSES_MAX, "living processes need room");
