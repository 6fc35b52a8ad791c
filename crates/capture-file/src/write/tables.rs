//! The start state as the content of blocks.

use event::tables::{
    DescriptorKind, DescriptorRecord, GroupRecord, InterfaceAddress, InterfaceRecord, MachineRecord,
    ProcessRecord, UserRecord,
};

use crate::limits::{WRITTEN_LIST_BYTES_MAX, WRITTEN_PATH_BYTES_MAX};

/// Numbers of users and groups in a user list.
const USER: u8 = 0;
const GROUP: u8 = 1;

pub(super) fn machine(machine: &MachineRecord, out: &mut Vec<u8>) {
    out.extend(machine.cpu_count.to_le_bytes());
    out.extend(machine.memory_bytes.to_le_bytes());
    out.extend(machine.pid_max.to_le_bytes());
    let mut hostname = machine.hostname.clone();
    // The last byte stays a NUL.
    hostname.truncate(127);
    hostname.resize(128, 0);
    out.extend(hostname);
    out.extend(machine.boot_ns.to_le_bytes());
    out.extend(machine.flags.to_le_bytes());
    // Two numbers kept for later.
    out.extend([0; 16]);
}

/// The length of an interface's entry does not count itself.
pub(super) fn interface(interface: &InterfaceRecord, out: &mut Vec<u8>) {
    let mut entry = Vec::with_capacity(80);
    let name = cut(&interface.name, WRITTEN_PATH_BYTES_MAX);
    match interface.address {
        InterfaceAddress::V4 { address, mask, broadcast } => {
            entry.extend(1u16.to_le_bytes());
            entry.extend(length(name).to_le_bytes());
            for address in [address, mask, broadcast] {
                entry.extend(address.octets());
            }
        }
        InterfaceAddress::V6 { address, mask, broadcast } => {
            entry.extend(2u16.to_le_bytes());
            entry.extend(length(name).to_le_bytes());
            for address in [address, mask, broadcast] {
                entry.extend(address.octets());
            }
        }
    }
    entry.extend(interface.link_speed.to_le_bytes());
    entry.extend(name);
    out.extend(u32::try_from(entry.len()).unwrap_or(0).to_le_bytes());
    out.extend(entry);
}

pub(super) fn user(user: &UserRecord, out: &mut Vec<u8>) {
    counted(out, |entry| {
        entry.push(USER);
        entry.extend(user.uid.to_le_bytes());
        entry.extend(user.gid.to_le_bytes());
        // libscap reads no longer ones.
        text(entry, &user.name, 255);
        text(entry, &user.home, 255);
        text(entry, &user.shell, 255);
    });
}

pub(super) fn group(group: &GroupRecord, out: &mut Vec<u8>) {
    counted(out, |entry| {
        entry.push(GROUP);
        entry.extend(group.gid.to_le_bytes());
        text(entry, &group.name, 255);
    });
}

pub(super) fn process(process: &ProcessRecord, out: &mut Vec<u8>) {
    let ids = [process.tid, process.pid, process.parent_tid, process.session_id, process.namespace_group_id];
    counted(out, |entry| {
        ids.iter().for_each(|id| entry.extend(id.to_le_bytes()));
        text(entry, &process.comm, WRITTEN_PATH_BYTES_MAX);
        text(entry, &process.exe, WRITTEN_PATH_BYTES_MAX);
        text(entry, &process.exepath, WRITTEN_PATH_BYTES_MAX);
        text(entry, &process.args, WRITTEN_LIST_BYTES_MAX);
        text(entry, &process.cwd, WRITTEN_PATH_BYTES_MAX);
        entry.extend(process.descriptor_limit.to_le_bytes());
        entry.extend(process.flags.to_le_bytes());
        entry.extend(process.uid.to_le_bytes());
        entry.extend(process.gid.to_le_bytes());
        entry.extend(process.vm_size_kb.to_le_bytes());
        entry.extend(process.vm_rss_kb.to_le_bytes());
        entry.extend(process.vm_swap_kb.to_le_bytes());
        entry.extend(process.faults_major.to_le_bytes());
        entry.extend(process.faults_minor.to_le_bytes());
        text(entry, &process.env, WRITTEN_LIST_BYTES_MAX);
        entry.extend(process.namespace_tid.to_le_bytes());
        entry.extend(process.namespace_pid.to_le_bytes());
        text(entry, &process.cgroups, WRITTEN_LIST_BYTES_MAX);
        text(entry, &process.root, WRITTEN_PATH_BYTES_MAX);
        entry.extend(process.pid_namespace_start_ns.to_le_bytes());
        entry.extend(process.tty.to_le_bytes());
        entry.extend(process.login_uid.to_le_bytes());
        entry.push(process.exe_writable.into());
        entry.extend(process.capabilities_inheritable.to_le_bytes());
        entry.extend(process.capabilities_permitted.to_le_bytes());
        entry.extend(process.capabilities_effective.to_le_bytes());
        entry.push(process.exe_upper_layer.into());
        entry.extend(process.exe_inode.to_le_bytes());
        entry.extend(process.exe_ctime_ns.to_le_bytes());
        entry.extend(process.exe_mtime_ns.to_le_bytes());
        entry.push(process.exe_from_memfd.into());
        entry.push(process.exe_lower_layer.into());
        entry.extend(process.group_id.to_le_bytes());
    });
}

pub(super) fn descriptor(descriptor: &DescriptorRecord, out: &mut Vec<u8>) {
    counted(out, |entry| {
        entry.extend(descriptor.number.to_le_bytes());
        entry.extend(descriptor.inode.to_le_bytes());
        match &descriptor.kind {
            DescriptorKind::File { open_flags, name, device } => {
                entry.push(16);
                entry.extend(open_flags.to_le_bytes());
                text(entry, name, WRITTEN_PATH_BYTES_MAX);
                entry.extend(device.to_le_bytes());
            }
            DescriptorKind::Ipv4 { source, destination, protocol } => {
                entry.push(3);
                entry.extend(source.0.octets());
                entry.extend(destination.0.octets());
                entry.extend(source.1.to_le_bytes());
                entry.extend(destination.1.to_le_bytes());
                entry.push(*protocol);
            }
            DescriptorKind::Ipv6 { source, destination, protocol } => {
                entry.push(4);
                entry.extend(source.0.octets());
                entry.extend(destination.0.octets());
                entry.extend(source.1.to_le_bytes());
                entry.extend(destination.1.to_le_bytes());
                entry.push(*protocol);
            }
            DescriptorKind::Ipv4Server { address, protocol } => {
                entry.push(5);
                entry.extend(address.0.octets());
                entry.extend(address.1.to_le_bytes());
                entry.push(*protocol);
            }
            DescriptorKind::Ipv6Server { address, protocol } => {
                entry.push(6);
                entry.extend(address.0.octets());
                entry.extend(address.1.to_le_bytes());
                entry.push(*protocol);
            }
            DescriptorKind::Unix { source, destination, name } => {
                entry.push(8);
                entry.extend(source.to_le_bytes());
                entry.extend(destination.to_le_bytes());
                text(entry, name, WRITTEN_PATH_BYTES_MAX);
            }
            DescriptorKind::Named { class, name } => {
                entry.push(*class as u8);
                text(entry, name, WRITTEN_PATH_BYTES_MAX);
            }
        }
    });
}

/// Writes an entry with its length before it, which counts itself.
fn counted(out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    let mut entry = vec![0; 4];
    fill(&mut entry);
    let length = u32::try_from(entry.len()).unwrap_or(0).to_le_bytes();
    for (to, from) in entry.iter_mut().zip(length) {
        *to = from;
    }
    out.extend(entry);
}

fn text(out: &mut Vec<u8>, bytes: &[u8], most: usize) {
    // libscap holds texts with a NUL at their end in arrays of this size.
    let bytes = cut(bytes, most.saturating_sub(1));
    out.extend(length(bytes).to_le_bytes());
    out.extend(bytes);
}

fn cut(bytes: &[u8], most: usize) -> &[u8] {
    bytes.get(..most).unwrap_or(bytes)
}

fn length(bytes: &[u8]) -> u16 {
    u16::try_from(bytes.len()).unwrap_or(u16::MAX)
}
