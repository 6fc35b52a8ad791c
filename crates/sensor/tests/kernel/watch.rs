//! A sensor that all event tests share, and the one check they use.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use event::{Interest, KernelContext};
use sensor::{Config, Sensor};
use telemetry::Registry;

/// How long an event may take; reached only when a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Says why and gives true when this machine cannot run probes.
pub(crate) fn skipped() -> bool {
    let reason = if !rustix::process::geteuid().is_root() {
        "not root"
    } else if !std::path::Path::new("/sys/kernel/btf/vmlinux").exists() {
        "the kernel has no BTF"
    } else {
        return false;
    };
    println!("skipped: {reason}");
    true
}

/// A configuration with a bpffs folder of its own.
pub(crate) fn config() -> Config {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    Config {
        bpffs_dir: PathBuf::from(format!("/sys/fs/bpf/quaywatch_test_{}_{number}", std::process::id())),
        ignore_self: false,
        ..Config::default()
    }
}

/// A sensor that is uninstalled when the test is over, passed or not.
pub(crate) struct Watch(Option<Sensor>);

impl Watch {
    pub(crate) fn start(config: &Config) -> Watch {
        Watch(Some(Sensor::start(config, &Registry::default()).unwrap()))
    }

    pub(crate) fn sensor(&mut self) -> &mut Sensor {
        self.0.as_mut().unwrap()
    }

    /// As a killed process leaves it: everything stays pinned.
    pub(crate) fn kill(mut self) {
        drop(self.0.take());
    }

    /// Delivers events until one is accepted.
    pub(crate) fn wait_for(&mut self, accept: impl Fn(&Seen) -> bool) -> Seen {
        let end = Instant::now() + PATIENCE;
        let mut found = None;
        let mut others = Vec::new();
        while found.is_none() {
            assert!(
                Instant::now() < end,
                "no such event; losses {:?}; own: {others:#?}",
                self.sensor().losses()
            );
            let own = std::process::id();
            self.sensor()
                .poll(Duration::from_millis(50), &mut |event| {
                    let seen = Seen::of(&event);
                    if accept(&seen) {
                        found.get_or_insert(seen);
                    } else if seen.context.pid.0 == own && others.len() < 200 {
                        others.push(seen.to_string());
                    }
                })
                .unwrap();
            self.sensor().release();
        }
        found.unwrap()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(sensor) = self.0.take() {
            sensor.uninstall().unwrap();
        }
    }
}

/// The sensor for tests that want every event; made by the first, removed by the last.
pub(crate) struct Everything(Arc<Mutex<Watch>>);

impl Everything {
    pub(crate) fn get() -> Everything {
        static SHARED: Mutex<Weak<Mutex<Watch>>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watch) = shared.upgrade() {
            return Everything(watch);
        }
        let mut watch = Watch::start(&config());
        watch.sensor().set_interest(&everything()).unwrap();
        let watch = Arc::new(Mutex::new(watch));
        *shared = Arc::downgrade(&watch);
        Everything(watch)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Watch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All that is not the mass of reads, writes and questions, which other tests ask for by name.
pub(crate) fn everything() -> Interest {
    use kernel_probes::{abi::Family, syscalls::SYSCALLS};
    let is_mass = |family| matches!(family, Family::Read | Family::Write | Family::Memory | Family::Query);
    let names = SYSCALLS.iter().filter(|syscall| !is_mass(syscall.family) && syscall.family != Family::Clone);
    Interest::everything(names.map(|syscall| syscall.event.to_owned()))
}

/// An event that outlives the ring.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) name: &'static str,
    pub(crate) tid: u32,
    pub(crate) timestamp: u64,
    pub(crate) context: KernelContext,
    pub(crate) resolved: Option<String>,
    /// Letter and path of the described descriptor.
    pub(crate) descriptor: Option<(u8, String)>,
    /// Where relative paths start.
    pub(crate) base: Option<String>,
    params: Vec<(&'static str, Vec<u8>, Option<i64>)>,
}

impl Seen {
    pub(crate) fn of(event: &event::Event<'_>) -> Seen {
        let definition = event.definition().unwrap();
        let params = definition.params.iter().map(|param| {
            let bytes =
                event.param(param.name).unwrap_or_else(|| panic!("{} lacks {}", definition.name, param.name));
            (param.name, bytes.to_vec(), event.number_param(param.name))
        });
        Seen {
            name: event.name(),
            tid: event.tid.0,
            timestamp: event.timestamp.0,
            context: event.context.unwrap(),
            resolved: event.resolved_path().map(|path| String::from_utf8_lossy(path).into_owned()),
            descriptor: event.descriptor_facts().map(|facts| {
                let name = facts.name.strip_suffix(&[0]).unwrap_or(facts.name);
                (facts.letter, String::from_utf8_lossy(name).into_owned())
            }),
            base: event.base_directory().map(|path| String::from_utf8_lossy(path).into_owned()),
            params: params.collect(),
        }
    }

    pub(crate) fn bytes(&self, name: &str) -> &[u8] {
        &self.params.iter().find(|param| param.0 == name).unwrap_or_else(|| panic!("no {name}")).1
    }

    pub(crate) fn number(&self, name: &str) -> i64 {
        self.params.iter().find(|param| param.0 == name).and_then(|param| param.2).unwrap()
    }

    /// Text with inner NULs as blanks and without the last one.
    pub(crate) fn text(&self, name: &str) -> String {
        let bytes = self.bytes(name);
        let bytes = bytes.strip_suffix(&[0]).unwrap_or(bytes);
        String::from_utf8_lossy(bytes).replace('\0', " ")
    }
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} tid={}", self.name, self.tid)?;
        for (name, bytes, number) in &self.params {
            match number {
                Some(number) => write!(f, " {name}={number}")?,
                None => write!(f, " {name}={:?}", String::from_utf8_lossy(bytes))?,
            }
        }
        write!(f, " resolved={:?}", self.resolved)
    }
}

/// What a parameter must be.
#[derive(Debug, Clone)]
pub(crate) enum Is {
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
}

pub(crate) fn text(text: impl Into<String>) -> Is {
    Is::Text(text.into())
}

/// Does `action` and expects one event `name` of this thread whose parameters are as given; the
/// first one that all of them fit.
pub(crate) fn check(name: &str, action: impl FnOnce(), expected: &[(&str, Is)]) {
    if skipped() {
        return;
    }
    let shared = Everything::get();
    let mut watch = shared.lock();
    action();
    let tid = rustix::thread::gettid().as_raw_nonzero().get().cast_unsigned();
    let seen = watch.wait_for(|seen| {
        seen.name == name
            && seen.tid == tid
            && expected.iter().all(|(param, is)| match is {
                Is::Number(number) => seen.number(param) == *number,
                Is::Text(text) => seen.text(param) == *text,
                Is::Bytes(bytes) => seen.bytes(param) == bytes,
            })
    });
    assert_eq!(seen.context.pid.0, std::process::id());
}

/// A raw system call: its result, or minus the error number. Pointers among the arguments must be
/// to memory that lives until it returns.
pub(crate) fn call(number: libc::c_long, arguments: [u64; 6]) -> i64 {
    let [a, b, c, d, e, f] = arguments;
    // SAFETY: the callers pass pointers to live values of theirs, and nulls where they mean to.
    let result = unsafe { libc::syscall(number, a, b, c, d, e, f) };
    if result < 0 { -i64::from(std::io::Error::last_os_error().raw_os_error().unwrap_or(0)) } else { result }
}

/// Arguments of [`call`]: as many as given, zeros behind.
#[macro_export]
macro_rules! arguments {
    ($($argument:expr),*) => {{
        let mut all = [0u64; 6];
        let given: &[u64] = &[$($crate::watch::Argument::raw($argument)),*];
        all[..given.len()].copy_from_slice(given);
        all
    }};
}

/// What may be an argument of a system call.
pub(crate) trait Argument {
    fn raw(self) -> u64;
}

impl Argument for i64 {
    fn raw(self) -> u64 {
        self.cast_unsigned()
    }
}

impl Argument for &std::ffi::CStr {
    fn raw(self) -> u64 {
        self.as_ptr() as u64
    }
}
