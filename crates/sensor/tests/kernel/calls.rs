//! Every call of which there is much, or that no other file is about: done by a thread with a mount
//! namespace of its own, which the kernel filter takes for a container, so that the rest of a busy
//! machine stays out of the ring. `calls_of_*.rs` are the table: call, event, parameters.

use std::{collections::HashMap, ffi::CStr, time::Duration};

use event::{Interest, Scope};
use libc::c_long;

use crate::{
    arguments, calls_of_files, calls_of_processes, calls_of_sockets,
    watch::{Is, Seen, Watch, call, config, skipped},
};

/// One call and what its event must say.
pub(crate) struct Case {
    pub(crate) event: &'static str,
    pub(crate) expected: Vec<(&'static str, Is)>,
    /// Letter and, of files, the path of the descriptor that the probe described.
    pub(crate) descriptor: Option<(char, Option<String>)>,
}

pub(crate) fn number(number: i64) -> Is {
    Is::Number(number)
}

/// The thread's notes of what it did.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) tid: u32,
    pub(crate) cases: Vec<Case>,
}

impl Notes {
    /// Does the call and notes its result as `res`, or as the parameter that stands for it.
    pub(crate) fn does(
        &mut self,
        event: &'static str,
        call_number: c_long,
        arguments: [u64; 6],
        rest: &[(&'static str, Is)],
    ) -> i64 {
        let result = call(call_number, arguments);
        let first = EVENTS_BY_NAME.with(|names| names[event]);
        let mut expected = vec![(first, number(result))];
        expected.extend_from_slice(rest);
        self.cases.push(Case { event, expected, descriptor: None });
        result
    }

    /// What the descriptor of the last call leads to.
    pub(crate) fn leads_to(&mut self, letter: char, path: Option<&str>) {
        let last = self.cases.last_mut().unwrap();
        last.descriptor = Some((letter, path.map(str::to_owned)));
    }
}

thread_local! {
    /// The first parameter of each event.
    static EVENTS_BY_NAME: HashMap<&'static str, &'static str> = event::EVENTS
        .iter()
        .filter(|definition| definition.code.0 % 2 == 1 && !definition.unused && !definition.old_version)
        .filter_map(|definition| Some((definition.name, definition.params.first()?.name)))
        .collect();
}

pub(crate) const FILE: &CStr = c"/etc/hostname";
pub(crate) const NO_FILE: &CStr = c"/nosuch/file";
pub(crate) const BAD: i64 = -1;

pub(crate) fn buffer() -> i64 {
    Box::leak(Box::new([0u8; 256])).as_mut_ptr() as i64
}

pub(crate) fn bytes(text: &[u8]) -> i64 {
    Box::leak(text.to_vec().into_boxed_slice()).as_ptr() as i64
}

/// An iovec over each of the texts.
pub(crate) fn pieces(texts: &[&[u8]]) -> i64 {
    let all: Vec<[i64; 2]> =
        texts.iter().map(|text| [bytes(text), i64::try_from(text.len()).unwrap()]).collect();
    Box::leak(all.into_boxed_slice()).as_ptr() as i64
}

/// A msghdr without an address.
pub(crate) fn message(pieces: i64, count: i64) -> i64 {
    Box::leak(Box::new([0, 0, pieces, count, 0, 0, 0])).as_ptr() as i64
}

pub(crate) fn data(text: &[u8]) -> (&'static str, Is) {
    ("data", Is::Bytes(text.to_vec()))
}

/// Does everything in a thread of its own.
fn act() -> Notes {
    let thread = std::thread::spawn(|| {
        // SAFETY of the process: only this thread moves into a mount namespace of its own.
        assert_eq!(call(libc::SYS_unshare, arguments![i64::from(libc::CLONE_FS | libc::CLONE_NEWNS)]), 0);
        let mut notes = Notes {
            tid: rustix::thread::gettid().as_raw_nonzero().get().cast_unsigned(),
            ..Notes::default()
        };
        for part in [
            calls_of_files::input_and_output,
            calls_of_sockets::sockets,
            calls_of_files::descriptors,
            calls_of_files::memory,
            calls_of_processes::questions,
            calls_of_processes::privileges,
        ] {
            part(&mut notes);
        }
        notes
    });
    thread.join().unwrap()
}

/// Why an event is not the one of the case; `None` when it is.
fn differs(case: &Case, seen: &Seen) -> Option<String> {
    let fits = |name: &str, is: &Is| match is {
        Is::Number(number) => seen.number(name) == *number,
        Is::Text(text) => seen.text(name) == *text,
        Is::Bytes(bytes) => seen.bytes(name) == bytes,
    };
    if let Some((name, is)) = case.expected.iter().find(|(name, is)| !fits(name, is)) {
        return Some(format!("{name} is not {is:?} in {seen}"));
    }
    let (letter, path) = case.descriptor.as_ref()?;
    match &seen.descriptor {
        Some((found, _)) if *found != *letter as u8 => Some(format!("leads to {}", *found as char)),
        Some((_, found)) if path.as_ref().is_some_and(|path| path != found) => {
            Some(format!("leads to {found}"))
        }
        Some(_) => None,
        None => Some("no descriptor was described".to_owned()),
    }
}

#[cfg(target_arch = "x86_64")]
#[test]
fn every_call_has_its_event_with_its_parameters() {
    if skipped() {
        return;
    }
    let mut watch = Watch::start(&config());
    // One round to learn the names; the second one is watched.
    let names: Vec<&str> = act().cases.iter().map(|case| case.event).collect();
    let events = names.iter().map(|name| ((*name).to_owned(), Scope::Containers)).collect();
    let interest = Interest { events, ..Interest::default() };
    watch.sensor().set_interest(&interest).unwrap();
    let notes = act();
    let mut events = Vec::new();
    // The end of the thread comes behind everything it did.
    let mut over = false;
    while !over {
        watch
            .sensor()
            .poll(Duration::from_millis(100), &mut |event| {
                over |= event.code.name() == "procexit" && event.tid.0 == notes.tid;
                if event.tid.0 == notes.tid && event.code.name() != "procexit" {
                    events.push(Seen::of(&event));
                }
            })
            .unwrap();
        watch.sensor().release();
    }
    let mut at = 0;
    let mut failures = Vec::new();
    for case in &notes.cases {
        let mut reason = format!("no event after the {at} first ones");
        let found = events[at..].iter().position(|seen| {
            if seen.name != case.event {
                return false;
            }
            let differs = differs(case, seen);
            if let Some(why) = &differs {
                reason.clone_from(why);
            }
            differs.is_none()
        });
        match found {
            Some(offset) => at += offset + 1,
            None => failures.push(format!("{}: {reason}", case.event)),
        }
    }
    assert!(notes.cases.len() > 80, "the table lost its rows");
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), notes.cases.len(), failures.join("\n"));
}
