//! The enricher: state that outlives events.

use std::{
    cell::RefCell,
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use container_runtimes::{Container, Directory};
use event::Event;
use rustix::time::{ClockId, clock_gettime};
use telemetry::Registry;

use crate::{
    Config, Enriched, Replayer,
    limits::WAITED_CONTAINERS_MAX,
    metrics::Metrics,
    process::{InContainer, Process},
    procfs::ProcFs,
    table::{ProcessTable, Slot},
    users::{UserList, UserLists},
};

/// Turns events into enriched events, in the order in which they happened.
#[derive(Debug)]
pub struct Enricher {
    pub(crate) config: Config,
    pub(crate) hostname: String,
    pub(crate) processes: ProcessTable,
    pub(crate) proc: ProcFs,
    pub(crate) metrics: Metrics,
    pub(crate) reconcile_at_ns: u64,
    pub(crate) suspects: HashSet<Slot>,
    /// Unix time at boot: turns the kernel's start times into dates.
    pub(crate) boot_ns: u64,
    pub(crate) first_ns: Option<u64>,
    previous_ns: u64,
    directory: Directory,
    /// Caches that fields fill while a rule reads them.
    user_lists: RefCell<UserLists>,
    waited: RefCell<HashSet<container_runtimes::ContainerId>>,
}

impl Enricher {
    /// An enricher that knows no process yet.
    pub fn new(config: Config, directory: Directory, registry: &Registry) -> Self {
        let hostname = hostname(&config);
        Enricher {
            proc: ProcFs::new(&config.proc_path),
            config,
            hostname,
            processes: ProcessTable::default(),
            metrics: Metrics::new(registry),
            reconcile_at_ns: 0,
            suspects: HashSet::new(),
            boot_ns: boot_time_ns(),
            first_ns: None,
            previous_ns: 0,
            directory,
            user_lists: RefCell::default(),
            waited: RefCell::default(),
        }
    }

    /// An enricher for a capture: its machine, not this one, is asked. Fill it by the `seed_*`
    /// calls with what the capture starts with, then give it every event the reader yields.
    pub fn for_replay(config: &Config, registry: &Registry) -> Replayer {
        Replayer::new(hostname(config), registry)
    }

    /// Learns every process there is now. To be called when events already flow into the ring
    /// buffer and none of them has been taken out, so that no process falls between.
    pub fn scan_proc(&mut self) {
        let mut parents = Vec::new();
        for pid in self.proc.pids() {
            let Some(mut process) = self.proc.read(pid) else { continue };
            self.settle(&mut process);
            let parent_pid = process.parent_pid;
            if let Some(slot) = self.insert(process, 0) {
                parents.push((slot, parent_pid));
            }
        }
        // A parent may have a higher pid than its child.
        for (slot, parent_pid) in parents {
            self.processes.adopt(slot, parent_pid);
        }
        self.metrics.processes.set(i64::try_from(self.processes.len()).unwrap_or(i64::MAX));
    }

    /// Takes an event into the state and gives a view on it that answers fields.
    pub fn enrich<'e>(&'e mut self, event: &'e Event<'e>) -> Enriched<'e> {
        let slot = self.apply(event);
        let now_ns = event.timestamp.0;
        self.first_ns.get_or_insert(now_ns);
        let since_previous_ns =
            if self.previous_ns == 0 { 0 } else { now_ns.saturating_sub(self.previous_ns) };
        self.previous_ns = now_ns;
        Enriched::new(self, event, slot, since_previous_ns)
    }

    /// Processes known, those that ended a short while ago included.
    pub fn process_count(&self) -> usize {
        self.processes.len()
    }

    /// The directory of containers that this enricher asks.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Metadata of a container. The first time it is incomplete the runtime is waited for; a
    /// container that nobody could tell about then is not waited for again.
    pub(crate) fn container(&self, of: &InContainer) -> Option<Arc<Container>> {
        let known = self.directory.lookup(&of.id);
        if known.as_ref().is_some_and(|container| container.complete) {
            return known;
        }
        {
            let mut waited = self.waited.borrow_mut();
            if waited.len() >= WAITED_CONTAINERS_MAX {
                waited.clear();
            }
            if !waited.insert(of.id.clone()) {
                return known;
            }
        }
        self.metrics.container_waits.increment();
        let found = self.directory.wait_for(&of.id, Duration::from_millis(self.config.container_wait_ms));
        if found.is_none() {
            self.metrics.container_unknown.increment();
        }
        found
    }

    /// The user list that holds for a process: its container's, or the host's.
    pub(crate) fn users_of(&self, process: &Process) -> Option<Arc<UserList>> {
        let id = process.container.as_deref().map(|container| &container.id);
        let root = || match id {
            Some(_) => self.proc.root_of(process.pid),
            None => self.config.host_root.clone(),
        };
        let found = self.user_lists.borrow_mut().get(id, root, Instant::now());
        if found.is_none() {
            self.metrics.user_lists_unreadable.increment();
        }
        found
    }
}

fn hostname(config: &Config) -> String {
    Some(config.hostname.clone())
        .filter(|name| !name.is_empty())
        .or_else(|| std::env::var("FALCO_HOSTNAME").ok())
        .unwrap_or_else(|| rustix::system::uname().nodename().to_string_lossy().into_owned())
}

fn boot_time_ns() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let up = clock_gettime(ClockId::Boottime);
    let up = Duration::new(u64::try_from(up.tv_sec).unwrap_or(0), u32::try_from(up.tv_nsec).unwrap_or(0));
    u64::try_from(now.saturating_sub(up).as_nanos()).unwrap_or(0)
}

/// The enricher is made in one thread and used in another.
const fn is_send<T: Send>() {}
const _: () = is_send::<Enricher>();
