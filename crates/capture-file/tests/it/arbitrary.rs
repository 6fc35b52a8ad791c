//! Random start states and events.

use std::net::{Ipv4Addr, Ipv6Addr};

use event::{
    EVENTS,
    tables::{
        DescriptorClass, DescriptorKind, DescriptorRecord, GroupRecord, InterfaceAddress, InterfaceRecord,
        MachineRecord, ProcessRecord, StartState, UserRecord,
    },
};
use proptest::{collection::vec, prelude::*};

use crate::synthetic::OwnedEvent;

fn text(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..most)
}

pub(crate) fn machine() -> impl Strategy<Value = MachineRecord> {
    (any::<u32>(), any::<u64>(), any::<u64>(), vec(1u8..=255, 0..127), any::<u64>(), any::<u64>()).prop_map(
        |(cpu_count, memory_bytes, pid_max, hostname, boot_ns, flags)| MachineRecord {
            cpu_count,
            memory_bytes,
            pid_max,
            hostname,
            boot_ns,
            flags,
        },
    )
}

fn process() -> impl Strategy<Value = ProcessRecord> {
    let ids = (any::<[i64; 9]>(), any::<[u32; 8]>(), any::<[u64; 9]>(), any::<[bool; 4]>());
    let texts = (text(20), text(300), text(300), text(900), text(900), text(300), text(60), text(400));
    (ids, texts).prop_map(|((ids, words, longs, bits), texts)| ProcessRecord {
        tid: ids[0],
        pid: ids[1],
        parent_tid: ids[2],
        session_id: ids[3],
        namespace_group_id: ids[4],
        group_id: ids[5],
        descriptor_limit: ids[6],
        namespace_tid: ids[7],
        namespace_pid: ids[8],
        comm: texts.0,
        exe: texts.1,
        exepath: texts.2,
        args: texts.3,
        env: texts.4,
        cwd: texts.5,
        root: texts.6,
        cgroups: texts.7,
        flags: words[0],
        uid: words[1],
        gid: words[2],
        login_uid: words[3],
        vm_size_kb: words[4],
        vm_rss_kb: words[5],
        vm_swap_kb: words[6],
        tty: words[7],
        faults_major: longs[0],
        faults_minor: longs[1],
        pid_namespace_start_ns: longs[2],
        capabilities_inheritable: longs[3],
        capabilities_permitted: longs[4],
        capabilities_effective: longs[5],
        exe_inode: longs[6],
        exe_ctime_ns: longs[7],
        exe_mtime_ns: longs[8],
        exe_writable: bits[0],
        exe_upper_layer: bits[1],
        exe_lower_layer: bits[2],
        exe_from_memfd: bits[3],
    })
}

fn kind() -> impl Strategy<Value = DescriptorKind> {
    let v4 = || (any::<Ipv4Addr>(), any::<u16>());
    let v6 = || (any::<Ipv6Addr>(), any::<u16>());
    let class = (1u8..=21).prop_filter_map("a class", DescriptorClass::of);
    prop_oneof![
        (any::<u32>(), text(400), any::<u32>()).prop_map(|(open_flags, name, device)| DescriptorKind::File {
            open_flags,
            name,
            device
        }),
        (v4(), v4(), any::<u8>()).prop_map(|(source, destination, protocol)| DescriptorKind::Ipv4 {
            source,
            destination,
            protocol
        }),
        (v6(), v6(), any::<u8>()).prop_map(|(source, destination, protocol)| DescriptorKind::Ipv6 {
            source,
            destination,
            protocol
        }),
        (v4(), any::<u8>()).prop_map(|(address, protocol)| DescriptorKind::Ipv4Server { address, protocol }),
        (v6(), any::<u8>()).prop_map(|(address, protocol)| DescriptorKind::Ipv6Server { address, protocol }),
        (any::<u64>(), any::<u64>(), text(108))
            .prop_map(|(source, destination, name)| DescriptorKind::Unix { source, destination, name }),
        (class, text(200)).prop_map(|(class, name)| DescriptorKind::Named { class, name }),
    ]
}

fn interface() -> impl Strategy<Value = InterfaceRecord> {
    let v4 = any::<[Ipv4Addr; 3]>().prop_map(|[address, mask, broadcast]| InterfaceAddress::V4 {
        address,
        mask,
        broadcast,
    });
    let v6 = any::<[Ipv6Addr; 3]>().prop_map(|[address, mask, broadcast]| InterfaceAddress::V6 {
        address,
        mask,
        broadcast,
    });
    (text(16), prop_oneof![v4, v6], any::<u64>()).prop_map(|(name, address, link_speed)| InterfaceRecord {
        name,
        address,
        link_speed,
    })
}

/// Random state; addresses of the older family first, as they are written.
pub(crate) fn state() -> impl Strategy<Value = StartState> {
    let user = (any::<u32>(), any::<u32>(), text(32), text(200), text(200))
        .prop_map(|(uid, gid, name, home, shell)| UserRecord { uid, gid, name, home, shell });
    let group = (any::<u32>(), text(32)).prop_map(|(gid, name)| GroupRecord { gid, name });
    let descriptor = (any::<i64>(), any::<u64>(), kind())
        .prop_map(|(number, inode, kind)| DescriptorRecord { tid: 0, number, inode, kind });
    let descriptors = vec((any::<i64>(), vec(descriptor, 1..6)), 0..4).prop_map(|tables| {
        let of_thread = |(tid, table): (i64, Vec<DescriptorRecord>)| {
            table.into_iter().map(move |descriptor| DescriptorRecord { tid, ..descriptor })
        };
        tables.into_iter().flat_map(of_thread).collect::<Vec<_>>()
    });
    let lists = (vec(interface(), 0..4), vec(user, 0..5), vec(group, 0..5), vec(process(), 0..4));
    (machine(), lists, descriptors).prop_map(
        |(machine, (mut interfaces, users, groups, processes), descriptors)| {
            interfaces.sort_by_key(|interface| matches!(interface.address, InterfaceAddress::V6 { .. }));
            StartState { machine, interfaces, users, groups, processes, descriptors }
        },
    )
}

/// Random exit events of today with all their parameters.
pub(crate) fn event() -> impl Strategy<Value = OwnedEvent> {
    let codes: Vec<_> = EVENTS
        .iter()
        .filter(|row| !row.old_version && row.direction == event::Direction::Exit)
        .map(|row| (row.code, row.params.len()))
        .collect();
    let code = prop::sample::select(codes);
    (code, any::<u64>(), any::<u32>(), any::<u16>(), prop_oneof![Just(0), any::<u32>()]).prop_flat_map(
        |((code, count), timestamp, tid, cpu, flags)| {
            vec(text(40), count).prop_map(move |params| OwnedEvent {
                timestamp,
                tid,
                cpu,
                code,
                params,
                flags,
            })
        },
    )
}
