//! The directory of containers: read by the enricher's thread, written by the watchers' tasks.

use std::{
    collections::HashSet,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use parking_lot::{Condvar, Mutex};
use telemetry::Registry;
use tokio::sync::mpsc;

use crate::{
    Config, Container, ContainerId, HealthState, Runtime, RuntimeHealth, bundle, entries::Entries,
    metrics::Metrics, watch,
};

/// All containers that a runtime on this host has told about. Cheap to clone; clones share.
#[derive(Debug, Clone)]
pub struct Directory(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<Entries>,
    /// Signalled whenever an inspection ended.
    answered: Condvar,
    /// Locked after `state` where both are.
    sources: Mutex<Vec<Source>>,
    /// The sockets to watch have been looked for.
    discovered: AtomicBool,
    metrics: Metrics,
    dead_kept: Duration,
}

/// One watched socket.
#[derive(Debug)]
struct Source {
    health: RuntimeHealth,
    requests: mpsc::Sender<ContainerId>,
}

impl Directory {
    /// A directory that no runtime feeds: for replay and for tests.
    pub fn empty(registry: &Registry) -> Self {
        Directory::new(&Config { sockets: Vec::new(), ..Config::default() }, registry)
    }

    /// Watches the configured sockets, for as long as the tokio runtime lives. Must be called
    /// within one. Returns at once; [`Directory::health`] tells who answers.
    pub fn watch(config: &Config, registry: &Registry) -> Self {
        let directory = Directory::new(config, registry);
        if !config.sockets.is_empty() {
            tokio::spawn(watch::discover(directory.clone(), config.sockets.clone()));
        }
        directory
    }

    fn new(config: &Config, registry: &Registry) -> Self {
        Directory(Arc::new(Shared {
            state: Mutex::new(Entries::default()),
            answered: Condvar::new(),
            sources: Mutex::new(Vec::new()),
            discovered: AtomicBool::new(config.sockets.is_empty()),
            metrics: Metrics::new(registry),
            dead_kept: Duration::from_secs(config.dead_kept_s),
        }))
    }

    /// What is known of a container now. Never waits. May be partial for a few milliseconds
    /// after the container was made ([`Container::complete`]).
    pub fn lookup(&self, id: &ContainerId) -> Option<Arc<Container>> {
        let shared = &self.0;
        shared.metrics.lookups.increment();
        let found = shared.state.lock().get(id).cloned();
        if found.is_none() {
            shared.metrics.misses.increment();
        }
        found
    }

    /// What is known of a container; when that is nothing, or only a part, the connected runtimes
    /// are asked and the calling thread waits for at most `max_wait`. Several callers for one id
    /// share one question. While a runtime is being connected to for the first time, it is waited
    /// for too; without any runtime this returns at once.
    pub fn wait_for(&self, id: &ContainerId, max_wait: Duration) -> Option<Arc<Container>> {
        let shared = &self.0;
        let deadline = Instant::now() + max_wait;
        let mut may_ask = true;
        self.take_bundle(id);
        let mut state = shared.state.lock();
        shared.metrics.lookups.increment();
        loop {
            let known = state.get(id).cloned();
            let is_enough = known.as_ref().is_some_and(|container| container.complete);
            if is_enough || state.is_missing(id, Instant::now()) {
                return known;
            }
            if !state.is_asked(id) {
                if !may_ask {
                    return known;
                }
                let asked = self.ask(id);
                state.add_asked(id, asked);
                if asked > 0 {
                    may_ask = false;
                    shared.metrics.waits.increment();
                } else if !self.is_starting() {
                    shared.metrics.misses.increment();
                    return known;
                }
            }
            if shared.answered.wait_until(&mut state, deadline).timed_out() {
                shared.metrics.timeouts.increment();
                return state.get(id).cloned();
            }
        }
    }

    /// Reads a container that nobody has told of from its bundle on disk, which is quick.
    fn take_bundle(&self, id: &ContainerId) {
        let is_needed = {
            let state = self.0.state.lock();
            state.get(id).is_none() && !state.is_missing(id, Instant::now()) && !state.is_asked(id)
        };
        if is_needed && let Some(container) = bundle::find(Path::new("/"), id) {
            self.insert(container);
        }
    }

    /// Puts a container in: what [`Directory::watch`] does for itself, for tests and for
    /// runtimes that are asked in other ways.
    pub fn insert(&self, container: Container) {
        self.store(container, usize::MAX);
    }

    /// All containers, the removed ones that are still remembered included, by name.
    pub fn snapshot(&self) -> Vec<Arc<Container>> {
        self.0.state.lock().all()
    }

    /// Every watched socket.
    pub fn health(&self) -> Vec<RuntimeHealth> {
        self.0.sources.lock().iter().map(|source| source.health.clone()).collect()
    }

    /// Whether some runtime's first answer is still to come.
    fn is_starting(&self) -> bool {
        let starting = |source: &Source| source.health.state == HealthState::Starting;
        !self.0.discovered.load(Ordering::Acquire) || self.0.sources.lock().iter().any(starting)
    }

    /// Hands the question to every connected watcher; how many took it.
    fn ask(&self, id: &ContainerId) -> usize {
        let mut asked = 0;
        for source in self.0.sources.lock().iter() {
            if source.health.state == HealthState::Connected {
                match source.requests.try_send(id.clone()) {
                    Ok(()) => asked += 1,
                    Err(_) => self.0.metrics.queue_full.increment(),
                }
            }
        }
        asked
    }
}

/// The watchers' side.
impl Directory {
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Adds a socket; the number it is known by.
    pub(crate) fn add_source(
        &self,
        runtime: Runtime,
        socket: String,
        requests: mpsc::Sender<ContainerId>,
    ) -> usize {
        let mut sources = self.0.sources.lock();
        let health = RuntimeHealth { runtime, socket, state: HealthState::Starting, since_ns: unix_now_ns() };
        sources.push(Source { health, requests });
        sources.len() - 1
    }

    /// All sockets that there are now have been added.
    pub(crate) fn set_discovered(&self) {
        self.0.discovered.store(true, Ordering::Release);
        self.wake();
    }

    /// Wakes whoever waits. The lock makes sure that a waiter that has just looked is waiting.
    fn wake(&self) {
        drop(self.0.state.lock());
        self.0.answered.notify_all();
    }

    pub(crate) fn set_health(&self, source: usize, state: HealthState) {
        self.change_health(source, state);
        self.wake();
    }

    fn change_health(&self, source: usize, state: HealthState) {
        if let Some(source) = self.0.sources.lock().get_mut(source)
            && source.health.state != state
        {
            let socket = &source.health.socket;
            match &state {
                HealthState::Error(message) => {
                    tracing::warn!(socket, message, "container runtime does not answer")
                }
                state => tracing::info!(socket, ?state, "container runtime"),
            }
            source.health.state = state;
            source.health.since_ns = unix_now_ns();
        }
    }

    pub(crate) fn store(&self, container: Container, source: usize) {
        let shared = &self.0;
        let mut state = shared.state.lock();
        if !state.insert(container, source, Instant::now(), shared.dead_kept) {
            shared.metrics.full.increment();
        }
        shared.metrics.containers.set(i64::try_from(state.len()).unwrap_or(i64::MAX));
        // Whoever waits may have been waiting for exactly this.
        shared.answered.notify_all();
    }

    pub(crate) fn change(&self, id: &ContainerId, change: impl FnOnce(&mut Container)) {
        self.0.state.lock().change(id, change);
    }

    pub(crate) fn remove(&self, id: &ContainerId) {
        self.0.state.lock().remove(id, Instant::now(), self.0.dead_kept);
    }

    pub(crate) fn keep_only(&self, source: usize, listed: &HashSet<ContainerId>) {
        self.0.state.lock().keep_only(source, listed, Instant::now(), self.0.dead_kept);
    }

    pub(crate) fn asking(&self, id: &ContainerId) {
        self.0.state.lock().add_asked(id, 1);
    }

    /// One question ended; `unknown` says that this runtime has no such container.
    pub(crate) fn answered(&self, id: &ContainerId, unknown: bool) {
        let mut state = self.0.state.lock();
        let last = state.answered(id);
        if last && unknown {
            if state.get(id).is_some() {
                // Gone before it could be inspected: what its event said is all there will be.
                state.change(id, |container| container.complete = true);
            } else {
                state.set_missing(id, Instant::now());
            }
        }
        self.0.answered.notify_all();
    }
}

fn unix_now_ns() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_runtime_nobody_waits() {
        let registry = Registry::default();
        let directory = Directory::empty(&registry);
        let started = Instant::now();
        assert!(directory.wait_for(&ContainerId::new("x"), Duration::from_secs(60)).is_none());
        assert!(started.elapsed() < Duration::from_secs(30));
        assert!(directory.health().is_empty());
    }

    #[test]
    fn waiters_get_what_is_stored_meanwhile() {
        let directory = Directory::empty(&Registry::default());
        let (requests, mut queue) = mpsc::channel(4);
        let source = directory.add_source(Runtime::Docker, "test".into(), requests);
        directory.set_health(source, HealthState::Connected);
        let id = ContainerId::new("x");
        let waiter = std::thread::spawn({
            let (directory, id) = (directory.clone(), id.clone());
            move || directory.wait_for(&id, Duration::from_secs(60))
        });
        assert_eq!(queue.blocking_recv(), Some(id.clone()));
        let found = Container { complete: true, ..Container::bare(id.clone(), Runtime::Docker) };
        directory.store(found, source);
        directory.answered(&id, false);
        assert!(waiter.join().unwrap().is_some());
    }

    #[test]
    fn an_unknown_id_is_asked_for_once() {
        let directory = Directory::empty(&Registry::default());
        let (requests, mut queue) = mpsc::channel(4);
        let source = directory.add_source(Runtime::Docker, "test".into(), requests);
        directory.set_health(source, HealthState::Connected);
        let id = ContainerId::new("x");
        let waiter = std::thread::spawn({
            let (directory, id) = (directory.clone(), id.clone());
            move || directory.wait_for(&id, Duration::from_secs(60))
        });
        assert_eq!(queue.blocking_recv(), Some(id.clone()));
        directory.answered(&id, true);
        assert!(waiter.join().unwrap().is_none());
        assert!(directory.wait_for(&id, Duration::from_secs(60)).is_none());
        assert!(queue.try_recv().is_err());
    }

    #[test]
    fn a_runtime_that_is_being_connected_to_is_waited_for() {
        let directory = Directory::empty(&Registry::default());
        let (requests, _queue) = mpsc::channel(4);
        let source = directory.add_source(Runtime::Docker, "test".into(), requests);
        let id = ContainerId::new("x");
        let waiter = std::thread::spawn({
            let (directory, id) = (directory.clone(), id.clone());
            move || directory.wait_for(&id, Duration::from_secs(60))
        });
        directory.set_health(source, HealthState::Absent);
        assert!(waiter.join().unwrap().is_none());
    }

    #[test]
    fn a_silent_runtime_is_waited_for_in_bounds() {
        let directory = Directory::empty(&Registry::default());
        let (requests, _queue) = mpsc::channel(4);
        let source = directory.add_source(Runtime::Docker, "test".into(), requests);
        directory.set_health(source, HealthState::Connected);
        assert!(directory.wait_for(&ContainerId::new("x"), Duration::from_millis(5)).is_none());
        assert_eq!(directory.metrics().timeouts.value(), 1);
    }
}
