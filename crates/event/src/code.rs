//! Event codes: Falco's `PPME_*` numbers.

use crate::{EVENTS, EventDefinition};

/// An event code of Falco's table: even codes are enter events, odd ones exit events.
/// Live events are exit-only, with the exceptions of `procexit` (code 186) and the like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventCode(pub u16);

impl EventCode {
    /// The definition, or `None` for a code outside the table.
    pub fn definition(self) -> Option<&'static EventDefinition> {
        EVENTS.get(usize::from(self.0))
    }

    /// The event's name as rules write it (`openat`), or `"unknown"`.
    pub fn name(self) -> &'static str {
        self.definition().map_or("unknown", |definition| definition.name)
    }

    /// All codes whose event has this name, old versions included.
    pub fn all_by_name(name: &str) -> impl Iterator<Item = EventCode> {
        EVENTS
            .iter()
            .filter(move |definition| !definition.unused && definition.name == name)
            .map(|definition| definition.code)
    }
}
