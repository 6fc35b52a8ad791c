//! One event with the state around it.

use std::{borrow::Cow, cell::OnceCell, sync::Arc};

use container_runtimes::Container;
use event::{Event, EventCode, FieldArgument, FieldId, FieldSource, ParamType, UnixNs, Value};

use crate::{
    Enricher,
    descriptor::{AT_FDCWD, Descriptor},
    fields, path,
    process::Process,
    procfs::Stat,
    render,
    table::Slot,
    users::UserList,
};

/// An event and all that is known around it. Values borrow from the state; what has to be
/// computed is computed when it is first asked for, and once.
#[derive(Debug)]
pub struct Enriched<'e> {
    pub(crate) enricher: &'e Enricher,
    pub(crate) event: &'e Event<'e>,
    pub(crate) slot: Option<Slot>,
    /// The calling process.
    pub(crate) process: Option<&'e Process>,
    pub(crate) since_previous_ns: u64,
    descriptor: OnceCell<Option<Descriptor<'e>>>,
    working_directory: OnceCell<Option<Cow<'e, [u8]>>>,
    metadata: OnceCell<Option<Arc<Container>>>,
    users: OnceCell<Option<Arc<UserList>>>,
    arguments: OnceCell<Vec<u8>>,
    protocol: OnceCell<Option<&'static str>>,
}

impl<'e> Enriched<'e> {
    pub(crate) fn new(
        enricher: &'e Enricher,
        event: &'e Event<'e>,
        slot: Option<Slot>,
        since_previous_ns: u64,
    ) -> Self {
        Enriched {
            enricher,
            event,
            slot,
            process: slot.and_then(|slot| enricher.processes.get(slot)),
            since_previous_ns,
            descriptor: OnceCell::new(),
            working_directory: OnceCell::new(),
            metadata: OnceCell::new(),
            users: OnceCell::new(),
            arguments: OnceCell::new(),
            protocol: OnceCell::new(),
        }
    }

    /// The event that this is about.
    pub fn event(&self) -> &'e Event<'e> {
        self.event
    }

    /// The caller's ancestors, its parent first.
    pub(crate) fn ancestors(&self) -> impl Iterator<Item = &'e Process> + use<'e> {
        self.enricher.processes.lineage(self.slot).skip(1)
    }

    pub(crate) fn descriptor(&self) -> Option<&Descriptor<'e>> {
        self.descriptor.get_or_init(|| Descriptor::of(self)).as_ref()
    }

    /// `evt.args`.
    pub(crate) fn arguments(&self) -> &[u8] {
        self.arguments.get_or_init(|| render::arguments(self))
    }

    /// What the runtime says of the caller's container; may wait for it.
    pub(crate) fn metadata(&self) -> Option<&Container> {
        let ask = || self.enricher.container(self.process?.container.as_deref()?);
        self.metadata.get_or_init(ask).as_deref()
    }

    pub(crate) fn users(&self) -> Option<&UserList> {
        self.users.get_or_init(|| self.enricher.users_of(self.process?)).as_deref()
    }

    /// Whether the event comes from this host's kernel, so that /proc speaks of the same processes.
    pub(crate) fn is_live(&self) -> bool {
        self.event.context.is_some()
    }

    /// /proc/PID/stat of a process, for what no event tells; read at most once per image.
    pub(crate) fn late_stat<'p>(&self, process: &'p Process) -> Option<&'p Stat> {
        if !self.is_live() {
            return None;
        }
        let read = || self.enricher.proc.stat(process.pid).filter(|stat| stat.start.may_be(process.start));
        process.late_stat.get_or_init(read).as_ref()
    }

    /// Where a descriptor of the caller leads now.
    pub(crate) fn descriptor_link(&self, number: i64) -> Option<Vec<u8>> {
        let process = self.process.filter(|_| self.is_live() && number >= 0)?;
        self.enricher.proc.link(process.pid, &format!("fd/{number}"))
    }

    /// The caller's working directory. Exec and clone events bring it along; a live `chdir` may
    /// not have been shipped, so otherwise /proc is asked while the process lives.
    pub(crate) fn working_directory(&self) -> Option<&[u8]> {
        self.working_directory
            .get_or_init(|| {
                let process = self.process?;
                let told = process.cwd.as_deref().map(Cow::Borrowed);
                let is_fresh = self.event.text_param("cwd").is_some_and(|cwd| !cwd.is_empty());
                if is_fresh || !self.is_live() || process.ended_ns.is_some() {
                    return told;
                }
                self.enricher.proc.link(process.pid, "cwd").map(Cow::Owned).or(told)
            })
            .as_deref()
    }

    /// A path parameter made absolute: from the working directory or a directory descriptor,
    /// unless the kernel resolved it.
    pub(crate) fn absolute(
        &self,
        raw: &'e [u8],
        directory: Option<i64>,
        resolved: Option<&'e [u8]>,
    ) -> Cow<'e, [u8]> {
        if raw.first() == Some(&b'/') {
            return path::absolute(b"/", raw);
        }
        if let Some(resolved) = resolved.filter(|resolved| !resolved.is_empty()) {
            return Cow::Borrowed(resolved);
        }
        let directory = directory.unwrap_or(AT_FDCWD);
        if let Some(base) = self.base_directory(directory) {
            return path::absolute(base, raw);
        }
        if directory == AT_FDCWD {
            return match self.working_directory() {
                Some(from) => path::absolute(from, raw),
                None => Cow::Borrowed(raw),
            };
        }
        match self.descriptor_link(directory) {
            Some(from) => path::absolute(&from, raw),
            // Falco's word for a directory that nobody knows.
            None => Cow::Owned([&b"<UNKNOWN>/"[..], raw].concat()),
        }
    }

    /// The directory that the probe sent for relative paths, when it is this one: that of the
    /// call's first relative path.
    fn base_directory(&self, directory: i64) -> Option<&'e [u8]> {
        let base = self.event.base_directory()?;
        let definition = self.event.definition()?;
        let mut paths = definition
            .params
            .iter()
            .filter(|param| matches!(param.param_type, ParamType::Fspath | ParamType::Fsrelpath));
        let first = paths.find(|param| {
            self.event.text_param(param.name).is_some_and(|path| path.first() != Some(&b'/'))
        })?;
        let of_first = match first.relative_to_param {
            Some(index) => self.event.number_param(definition.params.get(usize::from(index))?.name)?,
            None => AT_FDCWD,
        };
        (of_first == directory).then_some(base)
    }

    /// `tcp` or `udp` of the event's socket: as the probe found it, else the socket itself is asked.
    pub(crate) fn protocol(&self) -> Option<&'static str> {
        *self.protocol.get_or_init(|| {
            match self.event.descriptor_facts().map(|facts| facts.protocol) {
                Some(1) => return Some("icmp"),
                Some(6) => return Some("tcp"),
                Some(17) => return Some("udp"),
                Some(255) => return Some("raw"),
                _ => {}
            }
            let descriptor = self.descriptor().filter(|descriptor| descriptor.ends.is_some())?;
            let process = self.process.filter(|_| self.is_live())?;
            crate::texts::protocol_of(process.pid, descriptor.number)
        })
    }
}

impl FieldSource for Enriched<'_> {
    fn code(&self) -> EventCode {
        self.event.code
    }

    fn timestamp(&self) -> UnixNs {
        self.event.timestamp
    }

    fn extract<'s>(&'s self, field: FieldId, argument: FieldArgument<'_>) -> Option<Value<'s>> {
        fields::extract(self, field, argument)
    }
}
