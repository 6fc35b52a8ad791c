//! Captures made here, in memory.

use std::net::{Ipv4Addr, Ipv6Addr};

use capture_file::{CaptureError, CapturedEvent, Compression, Entry, Reader, Writer};
use event::{
    Event, EventCode, Params, Tid, UnixNs,
    tables::{
        DescriptorClass, DescriptorKind, DescriptorRecord, GroupRecord, InterfaceAddress, InterfaceRecord,
        MachineRecord, ProcessRecord, StartState, TableRecord, UserRecord,
    },
};

/// An event with bytes of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnedEvent {
    pub(crate) timestamp: u64,
    pub(crate) tid: u32,
    pub(crate) cpu: u16,
    pub(crate) code: EventCode,
    pub(crate) params: Vec<Vec<u8>>,
    pub(crate) flags: u32,
}

impl OwnedEvent {
    pub(crate) fn of(captured: &CapturedEvent<'_>) -> OwnedEvent {
        let event = &captured.event;
        OwnedEvent {
            timestamp: event.timestamp.0,
            tid: event.tid.0,
            cpu: event.cpu,
            code: event.code,
            params: (0..event.params.len()).map(|index| event.params.get(index).unwrap().to_vec()).collect(),
            flags: captured.flags,
        }
    }

    fn body(&self, is_wide: bool) -> Vec<u8> {
        let mut body = Vec::new();
        for param in &self.params {
            if is_wide {
                body.extend(u32::try_from(param.len()).unwrap().to_le_bytes());
            } else {
                body.extend(u16::try_from(param.len()).unwrap().to_le_bytes());
            }
        }
        self.params.iter().for_each(|param| body.extend(param));
        body
    }

    pub(crate) fn write<W: std::io::Write>(&self, writer: &mut Writer<W>) {
        let is_wide = self.code.definition().unwrap().flags.contains(&"EF_LARGE_PAYLOAD");
        let body = self.body(is_wide);
        let event = Event {
            number: 0,
            timestamp: UnixNs(self.timestamp),
            tid: Tid(self.tid),
            cpu: self.cpu,
            code: self.code,
            params: Params::parse_wide(self.params.len(), &body, is_wide).unwrap(),
            context: None,
        };
        writer.write_event(&event, self.flags).unwrap();
    }
}

/// A capture in memory.
pub(crate) fn capture(state: &StartState, events: &[OwnedEvent], compression: Compression) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), compression).unwrap();
    writer.write_start(state).unwrap();
    events.iter().for_each(|event| event.write(&mut writer));
    assert_eq!(writer.events(), events.len() as u64);
    writer.finish().unwrap()
}

/// Everything a capture gives, up to its end or its first error.
pub(crate) fn read(bytes: Vec<u8>) -> (StartState, Vec<OwnedEvent>, Result<(), CaptureError>) {
    let mut state = StartState::default();
    let mut events = Vec::new();
    let outcome = Reader::decompress(std::io::Cursor::new(bytes)).and_then(|mut reader| {
        while let Some(entry) = reader.next()? {
            match entry {
                Entry::Section => {}
                Entry::Table(record) => put(&mut state, record),
                Entry::Event(captured) => events.push(OwnedEvent::of(&captured)),
            }
        }
        Ok(())
    });
    (state, events, outcome)
}

pub(crate) fn put(state: &mut StartState, record: TableRecord) {
    match record {
        TableRecord::Machine(machine) => state.machine = machine,
        TableRecord::Process(process) => state.processes.push(*process),
        TableRecord::Descriptor(descriptor) => state.descriptors.push(descriptor),
        TableRecord::User(user) => state.users.push(user),
        TableRecord::Group(group) => state.groups.push(group),
        TableRecord::Interface(interface) => state.interfaces.push(interface),
    }
}

/// A state with one of everything.
pub(crate) fn state() -> StartState {
    let v4 = Ipv4Addr::new(10, 0, 0, 1);
    let v6 = Ipv6Addr::LOCALHOST;
    let kinds = vec![
        DescriptorKind::File { open_flags: 0x801, name: b"/etc/hosts".to_vec(), device: 41 },
        DescriptorKind::Ipv4 { source: (v4, 4000), destination: (Ipv4Addr::LOCALHOST, 80), protocol: 2 },
        DescriptorKind::Ipv4Server { address: (v4, 80), protocol: 2 },
        DescriptorKind::Ipv6 { source: (v6, 1), destination: (v6, 2), protocol: 3 },
        DescriptorKind::Ipv6Server { address: (v6, 443), protocol: 2 },
        DescriptorKind::Unix { source: 1, destination: u64::MAX, name: b"/run/a.sock".to_vec() },
        DescriptorKind::Named { class: DescriptorClass::Fifo, name: Vec::new() },
        DescriptorKind::Named { class: DescriptorClass::Pidfd, name: b"a".to_vec() },
    ];
    let descriptors = kinds.into_iter().enumerate().map(|(index, kind)| DescriptorRecord {
        tid: 7,
        number: index as i64,
        inode: 99,
        kind,
    });
    StartState {
        machine: MachineRecord {
            cpu_count: 2,
            memory_bytes: 1 << 33,
            pid_max: 4_194_304,
            hostname: b"harbour".to_vec(),
            boot_ns: 1_700_000_000_000_000_000,
            flags: 1,
        },
        interfaces: vec![
            InterfaceRecord {
                name: b"lo".to_vec(),
                address: InterfaceAddress::V4 {
                    address: Ipv4Addr::LOCALHOST,
                    mask: Ipv4Addr::new(255, 0, 0, 0),
                    broadcast: Ipv4Addr::UNSPECIFIED,
                },
                link_speed: 0,
            },
            InterfaceRecord {
                name: b"eth0".to_vec(),
                address: InterfaceAddress::V6 { address: v6, mask: v6, broadcast: v6 },
                link_speed: 10_000_000_000,
            },
        ],
        users: vec![UserRecord {
            uid: 0,
            gid: 0,
            name: b"root".to_vec(),
            home: b"/root".to_vec(),
            shell: b"/bin/sh".to_vec(),
        }],
        groups: vec![GroupRecord { gid: 4, name: b"adm".to_vec() }],
        processes: vec![ProcessRecord {
            tid: 7,
            pid: 7,
            parent_tid: 1,
            session_id: 7,
            namespace_group_id: 7,
            group_id: 7,
            comm: b"sh".to_vec(),
            exe: b"/bin/sh".to_vec(),
            exepath: b"/bin/dash".to_vec(),
            args: b"-c\0ls\0".to_vec(),
            env: b"A=b\0".to_vec(),
            cwd: b"/root/".to_vec(),
            root: b"/".to_vec(),
            cgroups: b"cpu=/\0".to_vec(),
            descriptor_limit: 1024,
            exe_inode: 5,
            exe_lower_layer: true,
            ..ProcessRecord::default()
        }],
        descriptors: descriptors.collect(),
    }
}

/// Some events of today.
pub(crate) fn events() -> Vec<OwnedEvent> {
    let number = |number: i64| number.to_le_bytes().to_vec();
    let make = |index: u64, code, params| OwnedEvent {
        timestamp: 1_700_000_000_000_000_000 + index,
        tid: 7,
        cpu: 1,
        code,
        params,
        flags: 0,
    };
    let word = |number: u32| number.to_le_bytes().to_vec();
    vec![
        make(
            1,
            event::event_code::SYSCALL_OPENAT_2_X,
            vec![number(3), number(-100), b"/etc/passwd\0".to_vec(), word(1), word(0), word(8), number(1)],
        ),
        make(2, event::event_code::SYSCALL_CLOSE_X, vec![number(0), number(3)]),
        make(3, event::event_code::PLUGINEVENT_E, vec![word(9), vec![b'x'; 100_000]]),
        make(4, event::event_code::SYSCALL_CLOSE_X, vec![number(-9), number(77)]),
    ]
}
