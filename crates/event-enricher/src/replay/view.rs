//! One event of a capture with the state around it: what rules and outputs ask fields of.

use std::cell::OnceCell;

use event::{Event, EventCode, FieldArgument, FieldId, FieldSource, UnixNs, Value};

use super::{
    Replayer, codes::CodeFacts, descriptor::Fd, fields, render, step::Current, step::tid_of, thread::Thread,
    thread_table::Slot,
};

/// An event and all that is known around it. Values borrow from the state; texts are made when
/// they are first asked for.
#[derive(Debug)]
pub struct Replayed<'e> {
    pub(crate) replayer: &'e Replayer,
    pub(crate) event: &'e Event<'e>,
    pub(crate) facts: &'static CodeFacts,
    /// The thread that fields speak of.
    pub(crate) slot: Option<Slot>,
    pub(crate) thread: Option<&'e Thread>,
    /// Whether the event was taken as that thread's own.
    pub(crate) is_of_thread: bool,
    /// The descriptor that the event is about.
    pub(crate) fd: Option<&'e Fd>,
    pub(crate) name_changed: bool,
    pub(crate) since_previous_ns: u64,
    arguments: OnceCell<Vec<u8>>,
}

impl<'e> Replayed<'e> {
    pub(crate) fn new(
        replayer: &'e Replayer,
        event: &'e Event<'e>,
        current: Current,
        since_previous_ns: u64,
    ) -> Self {
        let slot = current.slot.or_else(|| replayer.threads.slot_of(tid_of(event)));
        Replayed {
            replayer,
            event,
            facts: CodeFacts::of(event.code),
            slot,
            thread: slot.and_then(|slot| replayer.threads.get(slot)),
            is_of_thread: current.slot.is_some(),
            fd: current.fd.and_then(|(owner, number)| replayer.fd_at(owner, number)),
            name_changed: current.name_changed,
            since_previous_ns,
            arguments: OnceCell::new(),
        }
    }

    /// The container that the event describes, when it is about one.
    pub(crate) fn described(&self) -> Option<&'e super::containers::Described> {
        let is_about = self.event.code == event::event_code::CONTAINER_JSON_2_E;
        self.replayer.containers.last.as_deref().filter(|_| is_about)
    }

    /// The event that this is about.
    pub fn event(&self) -> &'e Event<'e> {
        self.event
    }

    /// `evt.args`.
    pub(crate) fn arguments(&self) -> &[u8] {
        self.arguments.get_or_init(|| render::arguments(self))
    }

    /// Result of a call: its first parameter.
    pub(crate) fn result(&self) -> Option<i64> {
        if !self.facts.returns || self.event.params.is_empty() {
            return None;
        }
        Some(super::args::Args::of(self.event).result(0))
    }

    /// A descriptor of the caller by its number.
    pub(crate) fn fd_number(&self, number: i64) -> Option<&'e Fd> {
        self.replayer.fd_of(self.slot?, number)
    }

    /// Short id of the caller's container; empty on the host.
    pub(crate) fn container_id(&self) -> &'e str {
        let container = self.thread.and_then(|thread| thread.container.as_deref());
        container.map_or("", |container| container.id.short())
    }

    /// The directory that the caller's relative paths start from.
    pub(crate) fn directory(&self) -> Option<&'e [u8]> {
        Some(self.replayer.directory_of(self.slot?))
    }
}

impl FieldSource for Replayed<'_> {
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
