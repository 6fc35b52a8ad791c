//! Events for tests, built parameter by parameter.

use container_runtimes::Directory;
use event::{
    Event, EventCode, FieldArgument, FieldId, FieldSource, KernelContext, MonotonicNs, ParamType, Params,
    Pid, RingPosition, Tid, UnixNs, Value,
};
use telemetry::Registry;

use crate::{Config, Enricher, Replayer};

/// A pid that no process has: above the kernel's greatest.
pub(crate) const NOBODY: u32 = 5_000_000;

/// An event in the making: all parameters empty, a live context, at second 1.
#[derive(Debug, Clone)]
pub(crate) struct Built {
    pub(crate) code: EventCode,
    pub(crate) tid: u32,
    pub(crate) time_ns: u64,
    pub(crate) context: Option<KernelContext>,
    params: Vec<Vec<u8>>,
    bytes: Vec<u8>,
}

impl Built {
    pub(crate) fn new(code: EventCode, pid: u32) -> Built {
        let context = KernelContext {
            position: RingPosition(0),
            pid: Pid(pid),
            parent_pid: Pid(NOBODY),
            uid: 0,
            gid: 0,
            start_time: MonotonicNs(u64::from(pid)),
            cgroup_id: 1,
            mount_namespace: 1,
            pid_namespace: 1,
            namespace_pid: Pid(pid),
            has_resolved_path: false,
            extra: event::Extra::None,
        };
        let params = vec![Vec::new(); code.definition().unwrap().params.len()];
        Built { code, tid: pid, time_ns: 1_000_000_000, context: Some(context), params, bytes: Vec::new() }
    }

    pub(crate) fn parent(mut self, pid: u32) -> Built {
        self.context.as_mut().unwrap().parent_pid = Pid(pid);
        self
    }

    pub(crate) fn at(mut self, time_ns: u64) -> Built {
        self.time_ns = time_ns;
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut KernelContext)) -> Built {
        change(self.context.as_mut().unwrap());
        self
    }

    pub(crate) fn thread(mut self, tid: u32) -> Built {
        self.tid = tid;
        self
    }

    /// As a capture would have it.
    pub(crate) fn recorded(mut self) -> Built {
        self.context = None;
        self
    }

    /// A number parameter in its wire width.
    pub(crate) fn number(mut self, name: &str, number: i64) -> Built {
        use ParamType as T;
        let (index, param_type) = self.find(name);
        let width = match param_type {
            T::Uint8 | T::Flags8 | T::Enumflags8 | T::Sigtype => 1,
            T::Uint16 | T::Int16 | T::Flags16 | T::Enumflags16 => 2,
            T::Uint32 | T::Int32 | T::Flags32 | T::Enumflags32 | T::Uid | T::Gid | T::Mode => 4,
            _ => 8,
        };
        self.params[index] = number.to_le_bytes()[..width].to_vec();
        self
    }

    /// A text parameter; its NUL is added.
    pub(crate) fn text(mut self, name: &str, text: &str) -> Built {
        let (index, _) = self.find(name);
        self.params[index] = [text.as_bytes(), b"\0"].concat();
        self
    }

    pub(crate) fn bytes(mut self, name: &str, bytes: &[u8]) -> Built {
        let (index, _) = self.find(name);
        self.params[index] = bytes.to_vec();
        self
    }

    pub(crate) fn resolved(mut self, path: &str) -> Built {
        self.params.push([path.as_bytes(), b"\0"].concat());
        self.with(|context| context.has_resolved_path = true)
    }

    /// The event itself; borrows the bytes that are put together here.
    pub(crate) fn event(&mut self) -> Event<'_> {
        self.bytes.clear();
        for param in &self.params {
            self.bytes.extend(u16::try_from(param.len()).unwrap().to_le_bytes());
        }
        self.params.iter().for_each(|param| self.bytes.extend(param));
        Event {
            number: 1,
            timestamp: UnixNs(self.time_ns),
            tid: Tid(self.tid),
            cpu: 0,
            code: self.code,
            params: Params::parse(self.params.len(), &self.bytes).unwrap(),
            context: self.context,
        }
    }

    fn find(&self, name: &str) -> (usize, ParamType) {
        let params = self.code.definition().unwrap().params;
        let index = params.iter().position(|param| param.name == name).unwrap_or_else(|| panic!("no {name}"));
        (index, params[index].param_type)
    }
}

/// An exec by a process, with what most tests need.
pub(crate) fn exec(pid: u32, comm: &str, args: &str) -> Built {
    Built::new(event::event_code::SYSCALL_EXECVE_19_X, pid)
        .number("res", 0)
        .number("tid", pid.into())
        .number("pid", pid.into())
        .text("exe", &format!("/bin/{comm}"))
        .text("trusted_exepath", &format!("/usr/bin/{comm}"))
        .bytes("args", args.as_bytes())
        .text("comm", comm)
        .text("cwd", "/wharf")
        .bytes("cgroups", b"cpu=/\0")
        .bytes("env", b"HOME=/root\0PATH=/bin\0")
        .number("tty", 34816)
        .number("vpgid", pid.into())
        .number("pgid", pid.into())
        .number("loginuid", -1)
        .number("flags", 2)
        .number("cap_inheritable", 0)
        .number("cap_permitted", 1)
        .number("cap_effective", 3)
}

/// The child's half of a clone.
pub(crate) fn clone(pid: u32, parent: u32, comm: &str) -> Built {
    Built::new(event::event_code::SYSCALL_CLONE_20_X, pid)
        .parent(parent)
        .number("res", 0)
        .number("tid", pid.into())
        .number("pid", pid.into())
        .number("ptid", parent.into())
        .number("flags", 0)
        .text("comm", comm)
        .bytes("cgroups", b"cpu=/\0")
}

pub(crate) fn exit(pid: u32) -> Built {
    Built::new(event::event_code::PROCEXIT_1_E, pid).number("status", 0).number("reaper_tid", 0)
}

pub(crate) fn openat(pid: u32, fd: i64, name: &str, flags: i64) -> Built {
    Built::new(event::event_code::SYSCALL_OPENAT_2_X, pid)
        .number("fd", fd)
        .number("dirfd", -100)
        .text("name", name)
        .number("flags", flags)
        .number("mode", 0)
        .number("dev", 0x29)
        .number("ino", 53)
}

/// An enricher that asks an empty /proc and no runtime.
pub(crate) fn enricher() -> Enricher {
    with_directory(Directory::empty(&Registry::default()))
}

pub(crate) fn with_directory(directory: Directory) -> Enricher {
    let config = Config {
        proc_path: "/nonexistent".into(),
        host_root: "/nonexistent".into(),
        hostname: "golden".into(),
        ..Config::default()
    };
    Enricher::new(config, directory, &Registry::default())
}

/// Takes an event in and forgets it.
pub(crate) fn take(enricher: &mut Enricher, mut built: Built) {
    let event = built.event();
    enricher.enrich(&event);
}

/// A field of an event as text; `-` when it is missing.
pub(crate) fn field(enricher: &mut Enricher, built: &Built, field: &str) -> String {
    let mut built = built.clone();
    let event = built.event();
    let enriched = enricher.enrich(&event);
    extract(&enriched, field)
}

fn extract(source: &impl FieldSource, field: &str) -> String {
    let (name, argument) = match field.split_once('[') {
        Some((name, rest)) => (name, rest.trim_end_matches(']')),
        None => match field.strip_prefix("evt.arg.") {
            Some(argument) => ("evt.arg", argument),
            None => (field, ""),
        },
    };
    let id = FieldId::by_name(name).unwrap_or_else(|| panic!("no field {name}"));
    let argument = match argument.parse() {
        Ok(index) => FieldArgument::Index(index),
        Err(_) if argument.is_empty() => FieldArgument::None,
        Err(_) => FieldArgument::Key(argument),
    };
    source.extract(id, argument).map_or("-".to_owned(), |value| show(&value))
}

fn show(value: &Value<'_>) -> String {
    match value {
        Value::Bool(is) => is.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Uint(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Text(text) | Value::Bytes(text) => String::from_utf8_lossy(text).into_owned(),
        Value::Ip(ip) | Value::Net(ip) => ip.to_string(),
        Value::List(all) | Value::AnyOf(all) => all.iter().map(show).collect::<Vec<_>>().join(","),
    }
}

/// A replay of which nothing is known yet.
pub(crate) fn replayer() -> Replayer {
    let config = Config { hostname: "golden".into(), ..Config::default() };
    Enricher::for_replay(&config, &Registry::default())
}

/// Takes a recorded event in and forgets it.
pub(crate) fn take_recorded(replayer: &mut Replayer, built: Built) {
    let mut built = built.recorded();
    let event = built.event();
    replayer.enrich(&event);
}

/// A field of a recorded event as text; `-` when it is missing.
pub(crate) fn replayed_field(replayer: &mut Replayer, built: &Built, field: &str) -> String {
    let mut built = built.clone().recorded();
    let event = built.event();
    extract(&replayer.enrich(&event), field)
}
