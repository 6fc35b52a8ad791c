//! Bounds of everything that grows with foreign data.

use std::time::Duration;

/// Characters of `container.id`: what `docker ps` prints, and Falco.
pub const SHORT_ID_CHARS: usize = 12;

/// Hexadecimal digits of a full id of Docker and its kin (a SHA-256).
pub const HASH_CHARS: usize = 64;

/// Longer control group paths are the host's: the kernel's own bound is `PATH_MAX`.
pub const CGROUP_PATH_BYTES_MAX: usize = 4096;

/// Longest LXC or nspawn name taken for an id: the bound of a host name, doubled for prefixes.
pub const NAME_BYTES_MAX: usize = 128;

/// Containers in the directory, dead ones included. A host of 50 containers that starts one per
/// second stays far below; at 4 kB each this is 16 MB.
pub const CONTAINERS_MAX: usize = 4096;

/// Containers that are gone but still answered for.
pub const DEAD_CONTAINERS_MAX: usize = 1024;

/// Ids that no runtime knew, remembered so that they are not asked for again and again.
pub const MISSING_IDS_MAX: usize = 1024;

/// How long such an id is not asked for again.
pub const MISSING_KEPT: Duration = Duration::from_secs(10);

/// Inspections that wait in one watcher's queue.
pub const REQUESTS_MAX: usize = 256;

/// Inspections that run at once against one socket: a burst of starts must not open hundreds of
/// connections to the runtime.
pub const INSPECTIONS_MAX: usize = 16;

/// Bytes of a bundle's `config.json`; a container with hundreds of mounts has 100 kB.
pub const BUNDLE_BYTES_MAX: u64 = 4 << 20;

/// Namespaces of containerd that are looked into.
pub const NAMESPACES_MAX: usize = 64;

/// Sockets watched at once, those found by pattern included.
pub const SOCKETS_MAX: usize = 16;

/// Images whose tags and digest are remembered per socket.
pub const IMAGES_MAX: usize = 512;

/// Labels kept of one container, and bytes of one label's value: runtimes set no bound.
pub const LABELS_MAX: usize = 256;
/// See [`LABELS_MAX`].
pub const LABEL_BYTES_MAX: usize = 4096;

/// Mounts kept of one container.
pub const MOUNTS_MAX: usize = 256;
/// Networks of one container; a proxy is in dozens.
pub const NETWORKS_MAX: usize = 64;
/// Ports one container declares; some images declare a range.
pub const PORTS_MAX: usize = 256;

/// A runtime that has not answered by then is treated as having failed.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// First and longest pause before a socket is tried again. Short, because a container that
/// starts right after its daemon should have a name.
pub const RECONNECT_FIRST: Duration = Duration::from_millis(100);
/// See [`RECONNECT_FIRST`].
pub const RECONNECT_LONGEST: Duration = Duration::from_secs(5);

/// How often socket patterns are looked at again.
pub const DISCOVERY_INTERVAL: Duration = Duration::from_secs(30);

const _: () = assert!(DEAD_CONTAINERS_MAX < CONTAINERS_MAX, "living containers need room");
const _: () = assert!(SHORT_ID_CHARS < HASH_CHARS, "a short id is a part of a full one");

/// How far back a runtime is asked for what happened before the connection, in seconds: containers
/// that came and went while nobody listened still get their names. Runtimes keep some hundreds of
/// events.
pub const EVENTS_BACK_S: u64 = 300;
