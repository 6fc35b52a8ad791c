//! The state of a recorded machine while its capture is replayed.

use std::sync::Arc;

use event::{
    Event,
    tables::{GroupRecord, InterfaceRecord, MachineRecord, UserRecord},
};
use telemetry::Registry;

use super::{
    Replayed,
    addresses::Addresses,
    codes::CodeFacts,
    containers::Containers,
    descriptor::Fd,
    names::Names,
    step::Current,
    thread_table::{Slot, ThreadTable},
};
use crate::{from_params::container_of, metrics::ReplayMetrics, process::InContainer};

/// The control groups looked at last, and the container they mean.
type LastContainer = (Arc<[u8]>, Option<Arc<InContainer>>);

/// Rebuilds, event by event, what libsinsp would know: threads, descriptors, directories, users.
/// Made by `Enricher::for_replay`, filled by the `seed_*` calls, then given every event that the
/// reader yields, in order.
#[derive(Debug)]
pub struct Replayer {
    pub(crate) threads: ThreadTable,
    pub(crate) addresses: Addresses,
    pub(crate) names: Names,
    pub(crate) containers: Containers,
    pub(crate) hostname: Vec<u8>,
    pub(crate) cpu_count: u32,
    pub(crate) first_ns: Option<u64>,
    pub(crate) previous_ns: u64,
    /// Ports that listening sockets of the start state have: they tell who serves.
    pub(crate) server_ports: Vec<u16>,
    /// The start state is complete and its threads know their relatives.
    pub(crate) is_started: bool,
    /// What the last event closes or ends, once it has been looked at.
    pub(crate) closing: Option<(i64, i64)>,
    pub(crate) ending: Option<i64>,
    /// Last context switch of each processor, for `thread.exectime`.
    pub(crate) switched_ns: Vec<std::cell::Cell<u64>>,
    pub(crate) metrics: ReplayMetrics,
    /// The container that was last found, with the list it was found in.
    pub(crate) last_container: Option<LastContainer>,
}

impl Replayer {
    pub(crate) fn new(hostname: String, registry: &Registry) -> Self {
        Replayer {
            threads: ThreadTable::default(),
            addresses: Addresses::default(),
            names: Names::default(),
            containers: Containers::default(),
            hostname: hostname.into_bytes(),
            cpu_count: 0,
            first_ns: None,
            previous_ns: 0,
            server_ports: Vec::new(),
            is_started: false,
            closing: None,
            ending: None,
            switched_ns: Vec::new(),
            metrics: ReplayMetrics::new(registry),
            last_container: None,
        }
    }

    /// The machine that the capture was taken on.
    pub fn seed_machine(&mut self, machine: &MachineRecord) {
        self.cpu_count = machine.cpu_count;
        if !machine.hostname.is_empty() {
            self.hostname = machine.hostname.clone();
        }
    }

    /// A user of the recorded host.
    pub fn seed_user(&mut self, user: &UserRecord) {
        self.names.add_user("", user);
    }

    /// A group of the recorded host.
    pub fn seed_group(&mut self, group: &GroupRecord) {
        self.names.add_group("", group);
    }

    /// An address of the recorded machine.
    pub fn seed_interface(&mut self, interface: &InterfaceRecord) {
        if !self.addresses.add(interface) {
            self.metrics.refused_interfaces.increment();
        }
    }

    /// Takes an event into the state and gives a view on it that answers fields. What the event
    /// closes or ends is still there in that view; it goes when the next event comes.
    pub fn enrich<'e>(&'e mut self, event: &'e Event<'e>) -> Replayed<'e> {
        let current = self.advance(event);
        let now_ns = event.timestamp.0;
        if !CodeFacts::of(event.code).is_meta {
            self.first_ns.get_or_insert(now_ns);
        }
        let since_previous_ns =
            if self.previous_ns == 0 { 0 } else { now_ns.saturating_sub(self.previous_ns) };
        self.previous_ns = now_ns;
        Replayed::new(self, event, current, since_previous_ns)
    }

    /// Forgets the times that `evt.deltatime` and `thread.exectime` count from: the next event is
    /// shown as the first one.
    pub fn forget_previous(&mut self) {
        self.previous_ns = 0;
        for switched in &self.switched_ns {
            switched.set(0);
        }
    }

    /// Threads known.
    pub fn thread_count(&self) -> usize {
        self.threads.len()
    }

    /// Takes an event into the state.
    pub(crate) fn advance(&mut self, event: &Event<'_>) -> Current {
        self.start();
        self.finish_previous();
        let mut current = self.begin(event);
        self.apply(event, &mut current);
        if let Some((owner, number)) = current.fd {
            current.name_changed = self.fd_at(owner, number).is_some_and(|fd| fd.renamed);
        }
        current
    }

    /// What the last event closed and ended goes now.
    fn finish_previous(&mut self) {
        if let Some(tid) = self.ending.take() {
            self.remove_thread(tid);
        }
        if let Some((tid, number)) = self.closing.take()
            && let Some(slot) = self.threads.slot_of(tid)
            && let Some(owner) = self.threads.table_owner(slot)
            && let Some(thread) = self.threads.get_mut(owner)
        {
            thread.fds.remove(number);
        }
        let refused = std::mem::take(&mut self.threads.refused);
        if refused > 0 {
            self.metrics.refused_threads.add(refused);
        }
        let refused = std::mem::take(&mut self.names.refused);
        if refused > 0 {
            self.metrics.refused_names.add(refused);
        }
    }

    pub(crate) fn fd_at(&self, owner: Slot, number: i64) -> Option<&Fd> {
        self.threads.get(owner)?.fds.get(number)
    }

    pub(crate) fn fd_at_mut(&mut self, owner: Slot, number: i64) -> Option<&mut Fd> {
        self.threads.get_mut(owner)?.fds.get_mut(number)
    }

    /// A thread's descriptor, found for the fields of an event.
    pub(crate) fn fd_of(&self, slot: Slot, number: i64) -> Option<&Fd> {
        if number < 0 {
            return None;
        }
        self.fd_at(self.threads.table_owner(slot)?, number)
    }

    /// A thread's descriptor, found for an event that is about it.
    pub(crate) fn look_up(&mut self, slot: Slot, number: i64) -> Option<(Slot, i64)> {
        if number < 0 {
            return None;
        }
        let owner = self.threads.table_owner(slot)?;
        self.threads.get_mut(owner)?.fds.look_up(number).then_some((owner, number))
    }

    /// Puts a descriptor into a thread's table and makes it the one of its last event.
    pub(crate) fn add_fd(&mut self, slot: Slot, number: i64, fd: Fd) -> Option<(Slot, i64)> {
        let owner = self.threads.table_owner(slot)?;
        let fits = self.threads.get_mut(owner)?.fds.insert(number, fd);
        if !fits {
            self.metrics.refused_descriptors.increment();
        }
        self.threads.get_mut(slot)?.last_fd = number;
        fits.then_some((owner, number))
    }

    /// The directory that relative paths of a thread start from.
    pub(crate) fn directory_of(&self, slot: Slot) -> &[u8] {
        let main = self.threads.main_of(slot).and_then(|main| self.threads.get(main));
        main.map_or(b"./", |main| &main.cwd)
    }

    /// Sets a thread's container from its control groups.
    pub(crate) fn settle_container(&mut self, slot: Slot) {
        let Some(cgroups) = self.threads.get(slot).map(|thread| Arc::clone(&thread.cgroups)) else { return };
        let container = match &self.last_container {
            Some((list, container)) if **list == *cgroups => container.clone(),
            _ => container_of(&cgroups),
        };
        if let Some(thread) = self.threads.get_mut(slot) {
            thread.container = container.clone();
        }
        self.last_container = Some((cgroups, container));
    }
}
