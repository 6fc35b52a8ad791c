//! The sensor: adopts or installs the probes, delivers events, gives space back.

use std::{
    fs,
    io::Read as _,
    os::fd::{AsFd, BorrowedFd},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use event::{Event, EventCode, Extra, Interest, KernelContext, MonotonicNs, Params, Pid, RingPosition, Tid};
use kernel_probes::abi::{EVENT_BASE, EVENT_DESCRIPTOR, EVENT_RESOLVED_PATH, EventHeader, State};
use telemetry::Registry;

use crate::{
    Config, FamilyCounts, InterestError, LossCount, PollError, StartError,
    bpffs::{self, Folder},
    clock::Clock,
    counters::{Metrics, Totals},
    install::install,
    interest::{self, KernelConfig},
    limits::{COUNTERS_PERIOD, RING_BYTES_MAX, RING_BYTES_MIN, UNRELEASED_WAIT},
    maps::{Maps, state_words},
    ring::{Next, Ring},
};

/// The running sensor. Dropping it leaves the probes pinned and filling the ring.
pub struct Sensor {
    config: Config,
    folder: Folder,
    ring: Ring,
    kernel: Mutex<Kernel>,
    clock: Clock,
    metrics: Metrics,
    counters_copied: Instant,
    epoch: u64,
    resumed: bool,
    gap: Gap,
    events_delivered: u64,
}

/// What happened while no sensor was running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gap {
    /// Events that were lost since the last sensor wrote down its losses.
    pub lost_events: u64,
    /// Bytes of events that wait to be read.
    pub waiting_bytes: u64,
}

struct Kernel {
    maps: Maps,
    config: KernelConfig,
}

impl Sensor {
    /// Adopts the probes pinned in `config.bpffs_dir` when they are of this build and ring size,
    /// else removes what is there, loads them and pins them. Until the first `set_interest` of an
    /// epoch only what state needs is shipped (exec, clone, exit, chdir).
    ///
    /// # Errors
    /// [`StartError`]: the kernel, the rights or the file system do not allow it.
    pub fn start(config: &Config, registry: &Registry) -> Result<Sensor, StartError> {
        check_ring_bytes(config.ring_bytes)?;
        let folder = Folder::open(&config.bpffs_dir)?;
        let abi_hash = kernel_probes::object_hash();
        let (maps, state, resumed) = match adopt(config, abi_hash) {
            Some((maps, state)) => (maps, state, true),
            None => {
                bpffs::clear(&config.bpffs_dir).map_err(|source| io("clear", &config.bpffs_dir, source))?;
                let state = State {
                    abi_hash,
                    epoch: random()?,
                    losses_reported: 0,
                    ring_bytes: u64::from(config.ring_bytes),
                };
                install(config, &state)?;
                (Maps::open(&config.bpffs_dir)?, state, false)
            }
        };
        let ring = Ring::map(maps.ring.fd().as_fd(), config.ring_bytes).map_err(StartError::Ring)?;
        let totals = Totals::read(&maps);
        let gap = Gap {
            lost_events: totals.lost_events().saturating_sub(state.losses_reported),
            waiting_bytes: if resumed { ring.used_bytes() } else { 0 },
        };
        if resumed {
            tracing::info!(gap.lost_events, gap.waiting_bytes, "adopted the pinned probes");
        }
        let kernel_config = KernelConfig::read(&maps);
        let sensor = Sensor {
            config: config.clone(),
            folder,
            ring,
            kernel: Mutex::new(Kernel { maps, config: kernel_config }),
            clock: Clock::new(),
            metrics: Metrics::new(registry),
            counters_copied: Instant::now(),
            epoch: state.epoch,
            resumed,
            gap,
            events_delivered: 0,
        };
        sensor.write_kernel_config()?;
        sensor.publish_counters();
        Ok(sensor)
    }

    /// Names the ring: random, made with it. Positions never repeat within an epoch.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Whether probes of an earlier process were adopted.
    pub fn resumed(&self) -> bool {
        self.resumed
    }

    /// What happened before this start.
    pub fn gap(&self) -> Gap {
        self.gap
    }

    /// Readable while the ring holds events that are not released.
    pub fn event_fd(&self) -> BorrowedFd<'_> {
        self.ring.event_fd()
    }

    /// Waits up to `timeout` for events and delivers at most `batch_events_max` of them, in the
    /// order of the ring. Their space is kept until [`Sensor::release`]; call that first when
    /// everything delivered has been dealt with, else the wait is a slow one.
    ///
    /// # Errors
    /// [`PollError::Wait`] when the system refuses to wait.
    pub fn poll(
        &mut self,
        timeout: Duration,
        deliver: &mut dyn FnMut(Event<'_>),
    ) -> Result<usize, PollError> {
        self.housekeeping();
        if !self.ring.has_unread() {
            self.wait(timeout)?;
        }
        let mut delivered = 0;
        for _ in 0..self.config.batch_events_max {
            match self.ring.read() {
                Next::Nothing => break,
                Next::Discarded => {}
                Next::Record(position, record) => {
                    let number = self.events_delivered.saturating_add(1);
                    if let Some(event) = decode(record, position, number, &self.clock) {
                        self.events_delivered = number;
                        delivered += 1;
                        deliver(event);
                    } else {
                        self.metrics.malformed();
                    }
                }
            }
        }
        self.metrics.read(delivered as u64);
        Ok(delivered)
    }

    /// Gives the space of every delivered event back to the probes.
    pub fn release(&mut self) {
        self.ring.release();
    }

    /// Puts a new filter in force, at once and whole.
    ///
    /// # Errors
    /// [`InterestError`]; the old filter stays in force.
    pub fn set_interest(&self, interest: &Interest) -> Result<(), InterestError> {
        let mut kernel = self.kernel();
        let Kernel { maps, config } = &mut *kernel;
        if self.config.kernel_filter {
            return interest::write(maps, config, interest);
        }
        interest::write(maps, config, &Interest::everything(interest.events.keys().cloned()))
    }

    /// Event names in `interest` that this build has no probe for.
    pub fn unsupported(interest: &Interest) -> Vec<String> {
        interest::unsupported(interest)
    }

    /// Leaves the system calls of another process out too (the hub's). At most seven.
    ///
    /// # Errors
    /// [`InterestError`] when the kernel does not take it.
    pub fn ignore_process(&self, pid: Pid) -> Result<(), InterestError> {
        let mut kernel = self.kernel();
        let Kernel { maps, config } = &mut *kernel;
        if !config.ignored.contains(&pid.0) {
            config.ignored.push(pid.0);
        }
        config.write(maps)
    }

    /// Losses since the probes were loaded, those that are not zero.
    pub fn losses(&self) -> Vec<LossCount> {
        Totals::read(&self.kernel().maps).losses()
    }

    /// Events that did not arrive since the ring was made, for whatever reason. A parameter that
    /// could not be read (`user_fault`) is no event lost.
    pub fn lost_events(&self) -> u64 {
        Totals::read(&self.kernel().maps).lost_events()
    }

    /// What became of the events since the probes were loaded, by family.
    pub fn counts(&self) -> Vec<FamilyCounts> {
        Totals::read(&self.kernel().maps).families()
    }

    /// Removes probes, ring and all pins; what was not read is gone.
    ///
    /// # Errors
    /// When a pin cannot be removed.
    pub fn uninstall(self) -> Result<(), StartError> {
        remove(&self.config.bpffs_dir, self.folder)
    }

    /// [`Sensor::uninstall`] without starting one.
    ///
    /// # Errors
    /// When another sensor is running there, or a pin cannot be removed.
    pub fn uninstall_at(dir: &Path) -> Result<(), StartError> {
        if !dir.exists() {
            return Ok(());
        }
        remove(dir, Folder::open(dir)?)
    }

    fn wait(&self, timeout: Duration) -> Result<(), PollError> {
        if self.ring.is_released() {
            self.ring.wait(timeout).map_err(PollError::Wait)?;
        } else {
            // The kernel calls the ring readable while anything is unreleased: look ourselves.
            let end = Instant::now() + timeout;
            while !self.ring.has_unread() && Instant::now() < end {
                std::thread::sleep(UNRELEASED_WAIT.min(timeout));
            }
        }
        // Until we release, the kernel does not wake us again: let a batch gather.
        if self.ring.has_unread() && self.config.batch_wait_us > 0 {
            std::thread::sleep(Duration::from_micros(self.config.batch_wait_us).min(timeout));
        }
        Ok(())
    }

    fn housekeeping(&mut self) {
        self.clock.refresh();
        if self.counters_copied.elapsed() > COUNTERS_PERIOD {
            self.counters_copied = Instant::now();
            self.publish_counters();
        }
    }

    fn publish_counters(&self) {
        let mut kernel = self.kernel();
        let totals = Totals::read(&kernel.maps);
        self.metrics.publish(&totals);
        if let Some(state) = kernel.maps.read_state() {
            let words = state_words(&State { losses_reported: totals.lost_events(), ..state });
            if let Err(error) = kernel.maps.state.set(0, words, 0) {
                tracing::warn!(%error, "cannot write down the losses: the next start reports them again");
            }
        }
    }

    fn write_kernel_config(&self) -> Result<(), StartError> {
        let mut kernel = self.kernel();
        let Kernel { maps, config } = &mut *kernel;
        config.ignored = if self.config.ignore_self { vec![std::process::id()] } else { Vec::new() };
        let dir = self.config.bpffs_dir.clone();
        let written = if self.resumed {
            config.write(maps)
        } else {
            interest::write(maps, config, &Interest::default())
        };
        written.map_err(|error| StartError::Map { name: error.map.into(), dir, source: error.source })
    }

    fn kernel(&self) -> MutexGuard<'_, Kernel> {
        self.kernel.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check_ring_bytes(bytes: u32) -> Result<(), StartError> {
    if bytes.is_power_of_two() && (RING_BYTES_MIN..=RING_BYTES_MAX).contains(&bytes) {
        return Ok(());
    }
    Err(StartError::RingSize { bytes, min: RING_BYTES_MIN, max: RING_BYTES_MAX })
}

/// The pinned maps, when they are complete and of this build.
fn adopt(config: &Config, abi_hash: u64) -> Option<(Maps, State)> {
    let maps = Maps::open(&config.bpffs_dir).ok()?;
    let state = maps.read_state()?;
    let same = state.abi_hash == abi_hash && state.ring_bytes == u64::from(config.ring_bytes);
    let linked = kernel_probes::programs::ATTACHED
        .iter()
        .all(|attached| config.bpffs_dir.join(format!("link_{}", attached.program)).exists());
    if same && linked {
        return Some((maps, state));
    }
    tracing::warn!(
        "the pinned probes are of another build or ring size: replacing them, what they hold is lost"
    );
    None
}

fn decode<'r>(record: &'r [u8], position: u64, number: u64, clock: &Clock) -> Option<Event<'r>> {
    let (header, bytes) = EventHeader::split(record)?;
    let params = Params::parse(usize::from(header.param_count), bytes).ok()?;
    Some(Event {
        number,
        timestamp: clock.unix(header.timestamp_ns),
        tid: Tid(header.tid),
        cpu: header.cpu,
        code: EventCode(header.code),
        params,
        context: Some(KernelContext {
            position: RingPosition(position),
            pid: Pid(header.pid),
            parent_pid: Pid(header.parent_pid),
            uid: header.uid,
            gid: header.gid,
            start_time: MonotonicNs(header.start_time_ns),
            cgroup_id: header.cgroup_id,
            mount_namespace: header.mount_namespace,
            pid_namespace: header.pid_namespace,
            namespace_pid: Pid(header.namespace_pid),
            has_resolved_path: header.flags & EVENT_RESOLVED_PATH != 0,
            extra: match header.flags {
                flags if flags & EVENT_DESCRIPTOR != 0 => Extra::Descriptor,
                flags if flags & EVENT_BASE != 0 => Extra::Base,
                _ => Extra::None,
            },
        }),
    })
}

fn remove(dir: &Path, folder: Folder) -> Result<(), StartError> {
    bpffs::clear(dir).map_err(|source| io("clear", dir, source))?;
    fs::remove_dir(dir).map_err(|source| io("remove", dir, source))?;
    drop(folder);
    Ok(())
}

fn random() -> Result<u64, StartError> {
    let path = PathBuf::from("/dev/urandom");
    let mut bytes = [0; 8];
    fs::File::open(&path)
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(|source| io("read", &path, source))?;
    Ok(u64::from_ne_bytes(bytes))
}

fn io(what: &str, path: &Path, source: std::io::Error) -> StartError {
    StartError::Io { what: format!("cannot {what} {}", path.display()), source }
}
