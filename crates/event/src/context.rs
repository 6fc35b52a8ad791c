//! What the probes say about the task that made an event, beside the event's parameters.

/// Process id (thread group id) as the host sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pid(pub u32);

/// Thread id as the host sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tid(pub u32);

/// Nanoseconds since 1970 (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnixNs(pub u64);

/// Nanoseconds since boot, suspend included (`CLOCK_BOOTTIME`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MonotonicNs(pub u64);

/// Byte position of an event in its ring buffer since the buffer was made.
/// It never wraps and never repeats within an epoch, so it serves as the alert's sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RingPosition(pub u64);

/// Facts about the calling task, read in the kernel at the event. Captures have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KernelContext {
    /// Where the event stood in the ring buffer.
    pub position: RingPosition,
    /// Thread group id of the caller.
    pub pid: Pid,
    /// Thread group id of the real parent.
    pub parent_pid: Pid,
    /// Effective user id, in the initial user namespace.
    pub uid: u32,
    /// Effective group id, in the initial user namespace.
    pub gid: u32,
    /// Start of the thread group leader: with `pid` it names one process for good.
    pub start_time: MonotonicNs,
    /// Inode number of the caller's control group directory, default hierarchy.
    pub cgroup_id: u64,
    /// Inode number of the mount namespace.
    pub mount_namespace: u32,
    /// Inode number of the pid namespace.
    pub pid_namespace: u32,
    /// Thread group id in the caller's own pid namespace.
    pub namespace_pid: Pid,
    /// The event's last parameter is not in the event table: it is the path of the opened file
    /// as the kernel resolved it, from the root of its mount namespace. Opens have it when the path
    /// they were given is relative.
    pub has_resolved_path: bool,
    /// What else follows the parameters of the event table.
    pub extra: Extra,
}

/// What a probe sends behind the parameters of the event table, beside a resolved path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extra {
    /// Nothing.
    #[default]
    None,
    /// The directory that the call's first relative path starts from: one parameter.
    Base,
    /// What the call's descriptor leads to: two parameters, read by [`crate::Event::descriptor_facts`].
    Descriptor,
}
