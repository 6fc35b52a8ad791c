//! A capture and the state it builds: `.scap -> start state, events -> enriched events`.

use std::{io::Read, path::Path};

use anyhow::{Context as _, Result};
use capture_file::{CaptureError, CapturedEvent, Entry, Reader};
use event::{FieldSource, tables::TableRecord};
use event_enricher::{Config, Enricher, Replayer};
use telemetry::Registry;

/// What happens to each event that rules see.
pub(crate) trait Visit {
    /// Looks at one event.
    fn event<S: FieldSource>(&mut self, event: &CapturedEvent<'_>, source: &S) -> Result<Next>;
}

/// Whether the replay goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Go,
    /// Nothing that comes later is of interest.
    Stop,
}

/// A capture being replayed.
pub(crate) struct Recording {
    reader: Reader<Box<dyn Read + Send>>,
    registry: Registry,
    state: Replayer,
    /// Events are shown each by itself: times since the event before count as none.
    pub(crate) is_each_alone: bool,
    /// Events that rules saw.
    pub(crate) returned: u64,
    /// All events with a number.
    pub(crate) numbered: u64,
}

impl Recording {
    /// Opens a capture.
    pub(crate) fn open(path: &Path) -> Result<Recording> {
        let reader = Reader::open(path).with_context(|| path.display().to_string())?;
        let registry = Registry::default();
        let state = new_state(&registry);
        Ok(Recording { reader, registry, state, is_each_alone: false, returned: 0, numbered: 0 })
    }

    /// Replays to the end, or to where the capture cannot be read further: that error comes
    /// after all events before it were looked at.
    pub(crate) fn run(&mut self, visit: &mut impl Visit) -> Result<()> {
        loop {
            match self.reader.next()? {
                None => return Ok(()),
                Some(Entry::Section) => self.state = new_state(&self.registry),
                Some(Entry::Table(record)) => seed(&mut self.state, record),
                Some(Entry::Event(captured)) => {
                    self.numbered += 1;
                    if self.is_each_alone {
                        self.state.forget_previous();
                    }
                    let enriched = self.state.enrich(&captured.event);
                    if captured.is_returned {
                        self.returned += 1;
                        if visit.event(&captured, &enriched)? == Next::Stop {
                            return Ok(());
                        }
                    }
                }
            }
        }
    }

    /// Reads to the end without state or rules.
    pub(crate) fn decode(&mut self) -> Result<(), CaptureError> {
        while let Some(entry) = self.reader.next()? {
            if let Entry::Event(captured) = entry {
                self.numbered += 1;
                self.returned += u64::from(captured.is_returned);
            }
        }
        Ok(())
    }
}

fn new_state(registry: &Registry) -> Replayer {
    Enricher::for_replay(&Config::default(), registry)
}

fn seed(state: &mut Replayer, record: TableRecord) {
    match record {
        TableRecord::Machine(machine) => state.seed_machine(&machine),
        TableRecord::Process(process) => state.seed_process(&process),
        TableRecord::Descriptor(descriptor) => state.seed_descriptor(&descriptor),
        TableRecord::User(user) => state.seed_user(&user),
        TableRecord::Group(group) => state.seed_group(&group),
        TableRecord::Interface(interface) => state.seed_interface(&interface),
    }
}
