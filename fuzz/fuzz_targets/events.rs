//! Events as they lie in the ring buffer or a capture: any code, any parameters; three in a row, so
//! that one meets the state another left. Every field is asked for.
//!
//! Input: events of `code u16 | tid u8 | count u8 | length u8 | parameters`.
#![no_main]

use std::cell::RefCell;

use container_runtimes::Directory;
use event::{Event, EventCode, FIELDS, FieldArgument, FieldId, FieldSource, Params, Tid, UnixNs};
use event_enricher::{Config, Enricher};
use libfuzzer_sys::fuzz_target;
use telemetry::Registry;

thread_local! {
    static ARGUMENTS: RefCell<Vec<(FieldId, FieldArgument<'static>)>> = const { RefCell::new(Vec::new()) };
}

fn arguments() -> Vec<(FieldId, FieldArgument<'static>)> {
    let all = [
        FieldArgument::None,
        FieldArgument::Index(0),
        FieldArgument::Index(u32::MAX),
        FieldArgument::Key("name"),
        FieldArgument::Key("flags"),
        FieldArgument::Key("src"),
        FieldArgument::Key("fd"),
        FieldArgument::Key("5"),
    ];
    let fields = FIELDS.iter().filter_map(|field| FieldId::by_name(field.name));
    fields.flat_map(|field| all.map(|argument| (field, argument))).collect()
}

fuzz_target!(|bytes: &[u8]| {
    let registry = Registry::default();
    // A folder that is not there: nothing of this machine shall matter.
    let config = Config { proc_path: "/nonexistent".into(), ..Config::default() };
    let mut enricher = Enricher::new(config, Directory::empty(&registry), &registry);
    ARGUMENTS.with_borrow_mut(|questions| {
        if questions.is_empty() {
            *questions = arguments();
        }
        let mut rest = bytes;
        for number in 1..=3 {
            let Some((&[low, high, tid, count, length], after)) = rest.split_first_chunk::<5>() else {
                break;
            };
            let (params, after) = after.split_at(after.len().min(usize::from(length)));
            rest = after;
            let Ok(params) = Params::parse(usize::from(count % 40), params) else { continue };
            let code = EventCode(u16::from_le_bytes([low, high]) % (event::EVENTS.len() as u16 + 2));
            let event = Event {
                number,
                timestamp: UnixNs(1_700_000_000_000_000_000 + number),
                tid: Tid(u32::from(tid)),
                cpu: 0,
                code,
                params,
                context: None,
            };
            let enriched = enricher.enrich(&event);
            for (field, argument) in questions.iter() {
                let _ = enriched.extract(*field, *argument);
            }
        }
    });
});
