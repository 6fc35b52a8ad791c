//! Whatever events a capture holds, in whatever order: nothing panics and every table keeps its
//! bound.

use event::{Event, EventCode, FieldArgument, FieldId, FieldSource, Params, Tid, UnixNs, event_code as code};
use proptest::{collection::vec, prelude::*, sample::select};

use super::Replayer;
use crate::{
    limits::{DESCRIPTORS_MAX, THREADS_MAX},
    testing::{Built, openat, replayer, take_recorded},
};

/// One event, all of it random but for codes that exist.
#[derive(Debug, Clone)]
struct Random {
    code: u16,
    tid: u32,
    time_ns: u64,
    params: Vec<Vec<u8>>,
}

/// Events that move threads and descriptors around come up as often as all others together.
fn codes() -> impl Strategy<Value = u16> {
    let busy = [
        code::SYSCALL_CLONE_20_X,
        code::SYSCALL_CLONE3_X,
        code::SYSCALL_FORK_20_X,
        code::SYSCALL_VFORK_20_X,
        code::SYSCALL_EXECVE_19_E,
        code::SYSCALL_EXECVE_19_X,
        code::PROCEXIT_1_E,
        code::SYSCALL_OPENAT_2_X,
        code::SYSCALL_DUP3_X,
        code::SYSCALL_CLOSE_X,
        code::SYSCALL_SETSID_X,
        code::SOCKET_CONNECT_X,
        code::SOCKET_ACCEPT4_6_X,
    ];
    prop_oneof![0..500u16, select(busy.map(|code| code.0).to_vec())]
}

/// A few small numbers, so that events meet; and some that fit nowhere.
fn param() -> impl Strategy<Value = Vec<u8>> {
    let number = prop_oneof![
        0..6u64,
        any::<u64>(),
        Just(u64::MAX),
        Just(u64::from(u32::MAX)),
        Just(1 << 13 | 1),
        Just(1 << 29),
    ];
    prop_oneof![
        number.clone().prop_map(|number| number.to_le_bytes().to_vec()),
        number.prop_map(|number| number.to_le_bytes()[..4].to_vec()),
        Just(Vec::new()),
        Just(b"/a/../b\0".to_vec()),
        Just(vec![2, 127, 0, 0, 1, 0, 80, 10, 0, 0, 1, 1, 0]),
        vec(any::<u8>(), 0..40),
    ]
}

fn random() -> impl Strategy<Value = Random> {
    let tids = prop_oneof![0..6u32, Just(u32::MAX), any::<u32>()];
    let times = prop_oneof![0..5u64, any::<u64>()];
    (codes(), tids, times, vec(param(), 0..32)).prop_map(|(code, tid, time_ns, params)| Random {
        code,
        tid,
        time_ns,
        params,
    })
}

/// Takes one event in and asks for every field.
fn take(replayer: &mut Replayer, random: &Random, all_fields: bool) {
    let mut bytes = Vec::new();
    for param in &random.params {
        bytes.extend(u16::try_from(param.len()).unwrap().to_le_bytes());
    }
    random.params.iter().for_each(|param| bytes.extend(param));
    let event = Event {
        number: 1,
        timestamp: UnixNs(random.time_ns),
        tid: Tid(random.tid),
        cpu: 0,
        code: EventCode(random.code),
        params: Params::parse(random.params.len(), &bytes).unwrap(),
        context: None,
    };
    let replayed = replayer.enrich(&event);
    if !all_fields {
        return;
    }
    for definition in &event::FIELDS {
        let id = FieldId::by_name(definition.name).unwrap();
        for argument in [FieldArgument::None, FieldArgument::Index(1), FieldArgument::Key("fd")] {
            let _ = replayed.extract(id, argument);
        }
    }
}

fn check_bounds(replayer: &Replayer) {
    assert!(replayer.threads.len() <= THREADS_MAX);
    for tid in replayer.threads.tids() {
        let thread = replayer.threads.find(tid).unwrap();
        assert!(thread.fds.len() <= DESCRIPTORS_MAX);
        assert!(thread.children.len() <= 128 + 2 * replayer.threads.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn any_events_are_taken(events in vec(random(), 1..60), asked in any::<prop::sample::Index>()) {
        let mut replayer = replayer();
        let asked = asked.index(events.len());
        for (index, event) in events.iter().enumerate() {
            take(&mut replayer, event, index == asked || index % 16 == 0);
        }
        check_bounds(&replayer);
    }
}

#[test]
fn a_table_of_descriptors_is_bounded() {
    let mut replayer = replayer();
    let more = i64::try_from(DESCRIPTORS_MAX).unwrap() + 3;
    for number in 0..more {
        take_recorded(&mut replayer, openat(100, number, "/etc/hosts", 1));
    }
    assert_eq!(replayer.threads.find(100).unwrap().fds.len(), DESCRIPTORS_MAX);
    assert_eq!(replayer.metrics.refused_descriptors.value(), 3);
}

#[test]
fn the_table_of_threads_is_bounded() {
    let mut replayer = replayer();
    let more = u32::try_from(THREADS_MAX).unwrap() + 3;
    for tid in 1..=more {
        take_recorded(&mut replayer, Built::new(code::SYSCALL_READ_X, tid).number("fd", 1));
    }
    take_recorded(&mut replayer, Built::new(code::SYSCALL_READ_X, 1).number("fd", 1));
    assert_eq!(replayer.thread_count(), THREADS_MAX);
    assert_eq!(replayer.metrics.refused_threads.value(), 3);
}
