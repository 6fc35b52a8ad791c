//! Captures as anyone may hand them over, through the reader and the state they build. What is
//! read must be written and read again as it was.
#![no_main]

use capture_file::{Compression, Entry, Reader, Writer};
use event_enricher::{Config, Enricher};
use event::tables::TableRecord;
use libfuzzer_sys::fuzz_target;
use telemetry::Registry;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut reader) = Reader::new(bytes) else { return };
    let mut state = Enricher::for_replay(&Config::default(), &Registry::default());
    let mut writer = Writer::new(Vec::new(), Compression::None).expect("memory takes it");
    let mut events = 0;
    while let Ok(Some(entry)) = reader.next() {
        match entry {
            Entry::Section => {}
            Entry::Table(TableRecord::Machine(machine)) => state.seed_machine(&machine),
            Entry::Table(TableRecord::Process(process)) => state.seed_process(&process),
            Entry::Table(TableRecord::Descriptor(descriptor)) => state.seed_descriptor(&descriptor),
            Entry::Table(TableRecord::User(user)) => state.seed_user(&user),
            Entry::Table(TableRecord::Group(group)) => state.seed_group(&group),
            Entry::Table(TableRecord::Interface(interface)) => state.seed_interface(&interface),
            Entry::Event(captured) => {
                events += 1;
                writer.write_event(&captured.event, captured.flags).expect("memory takes it");
                let _ = state.enrich(&captured.event);
            }
        }
    }
    let written = writer.finish().expect("memory takes it");
    let mut again = Reader::new(written.as_slice()).expect("our own capture");
    let mut found = 0;
    while let Some(entry) = again.next().expect("our own capture") {
        found += u64::from(matches!(entry, Entry::Event(_)));
    }
    assert!(found <= events);
});
