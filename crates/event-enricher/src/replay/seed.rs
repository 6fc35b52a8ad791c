//! The start state of a capture: threads and their descriptors, as they were when it began.

use std::sync::Arc;

use event::tables::{DescriptorClass, DescriptorKind, DescriptorRecord, ProcessRecord};

use super::{
    Replayer,
    args::until_nul,
    descriptor::{Connection, Fd, FdKind, Protocol, Role},
    paths::concatenate,
    socket_text::{connection_text, mapped},
    thread::{Capabilities, Program, Thread, Usage, flag},
};
use crate::limits::PROCESSORS_MAX;

impl Replayer {
    /// A thread of the recorded machine.
    pub fn seed_process(&mut self, record: &ProcessRecord) {
        let mut thread = Thread::new(record.tid, &self.threads.blank);
        thread.pid = record.pid;
        thread.ptid = record.parent_tid;
        thread.sid = record.session_id;
        thread.vpgid = record.namespace_group_id;
        thread.pgid = record.group_id;
        thread.vtid = record.namespace_tid;
        thread.vpid = record.namespace_pid;
        thread.flags |= record.flags | flag::ACTIVE;
        thread.fd_limit = record.descriptor_limit;
        (thread.uid, thread.gid, thread.login_uid) = (record.uid, record.gid, record.login_uid);
        thread.tty = record.tty;
        thread.pidns_start_ns = record.pid_namespace_start_ns;
        thread.capabilities = Capabilities {
            inheritable: record.capabilities_inheritable,
            permitted: record.capabilities_permitted,
            effective: record.capabilities_effective,
        };
        thread.usage = Usage {
            faults_major: record.faults_major,
            faults_minor: record.faults_minor,
            size_kb: record.vm_size_kb,
            resident_kb: record.vm_rss_kb,
            swapped_kb: record.vm_swap_kb,
        };
        thread.set_cgroups(strip(&record.cgroups));
        thread.program = Arc::new(Program {
            comm: record.comm.as_slice().into(),
            exe: record.exe.as_slice().into(),
            exepath: without_deleted(&record.exepath).into(),
            args: strip(&record.args).into(),
            writable: record.exe_writable,
            upper_layer: record.exe_upper_layer,
            lower_layer: record.exe_lower_layer,
            from_memfd: record.exe_from_memfd,
            inode: record.exe_inode,
            ctime_ns: record.exe_ctime_ns,
            mtime_ns: record.exe_mtime_ns,
            ..Program::default()
        });
        if thread.is_main() {
            thread.env = strip(&record.env).into();
            let mut cwd = concatenate(b"", &record.cwd);
            if cwd.last() != Some(&b'/') {
                cwd.push(b'/');
            }
            thread.cwd = cwd.into();
        }
        if let Some(slot) = self.threads.add(thread, false) {
            self.settle_container(slot);
        }
    }

    /// A descriptor of a seeded thread.
    pub fn seed_descriptor(&mut self, record: &DescriptorRecord) {
        let mut fd = self.descriptor_of(record);
        fd.renamed = !fd.name().is_empty();
        fd.inode = record.inode;
        let Some(thread) = self.threads.slot_of(record.tid).and_then(|slot| self.threads.get_mut(slot))
        else {
            self.metrics.stray_descriptors.increment();
            return;
        };
        if !thread.fds.insert(record.number, fd) {
            self.metrics.refused_descriptors.increment();
        }
    }

    fn descriptor_of(&mut self, record: &DescriptorRecord) -> Fd {
        let mut fd = Fd::default();
        match &record.kind {
            DescriptorKind::File { open_flags, name, device } => {
                fd.kind = FdKind::File;
                (fd.open_flags, fd.device) = (*open_flags, *device);
                fd.set_name(until_nul(name));
            }
            DescriptorKind::Ipv4 { source, destination, protocol } => {
                fd.kind = FdKind::Ipv4;
                fd.set_source4(source.0);
                fd.set_destination4(destination.0);
                self.seed_connection(&mut fd, (source.1, destination.1), *protocol);
            }
            DescriptorKind::Ipv6 { source, destination, protocol } => {
                match (mapped(source.0), mapped(destination.0)) {
                    (Some(from), Some(to)) => {
                        fd.kind = FdKind::Ipv4;
                        fd.set_source4(from);
                        fd.set_destination4(to);
                    }
                    _ => {
                        fd.kind = FdKind::Ipv6;
                        fd.set_source6(source.0);
                        fd.set_destination6(destination.0);
                    }
                }
                self.seed_connection(&mut fd, (source.1, destination.1), *protocol);
            }
            DescriptorKind::Ipv4Server { address, protocol } => {
                fd.set_server4(address.0, address.1, Protocol::of_number(*protocol));
                fd.set_name(format!("{}:{}", address.0, address.1).as_bytes());
                self.note_server_port(address.1);
            }
            DescriptorKind::Ipv6Server { address, protocol } => {
                fd.set_server6(address.0, address.1, Protocol::of_number(*protocol));
                fd.set_name(format!("{}:{}", address.0, address.1).as_bytes());
                self.note_server_port(address.1);
            }
            DescriptorKind::Unix { source, destination, name } => {
                fd.kind = FdKind::Unix;
                fd.set_unix(*source, *destination);
                let name = until_nul(name);
                fd.set_name(name);
                fd.role = if name.is_empty() { Role::Client } else { Role::Server };
            }
            DescriptorKind::Named { class, name } => {
                fd.kind = kind_of_class(*class);
                fd.set_name(until_nul(name));
            }
        }
        fd
    }

    fn seed_connection(&self, fd: &mut Fd, ports: (u16, u16), protocol: u8) {
        let v6 = fd.kind == FdKind::Ipv6;
        fd.set_source_port(v6, ports.0);
        fd.set_destination_port(v6, ports.1);
        let protocol = Protocol::of_number(protocol);
        if v6 {
            fd.set_protocol6(protocol);
        } else {
            fd.set_protocol4(protocol);
            self.addresses.complete(fd);
        }
        if protocol == Protocol::Tcp {
            fd.connection = Connection::Made;
        }
        fd.set_name(&plain_connection(fd));
    }

    fn note_server_port(&mut self, port: u16) {
        if !self.server_ports.contains(&port) {
            self.server_ports.push(port);
        }
    }

    /// Completes the start state: who begot whom, and which end of a connection serves.
    pub(crate) fn start(&mut self) {
        if self.is_started {
            return;
        }
        self.is_started = true;
        let processors = usize::try_from(self.cpu_count).unwrap_or(0).min(PROCESSORS_MAX);
        self.switched_ns.resize_with(processors, Default::default);
        let tids = self.threads.tids();
        for tid in &tids {
            if let Some(slot) = self.threads.slot_of(*tid) {
                self.threads.relate(slot);
            }
        }
        let ports = std::mem::take(&mut self.server_ports);
        for tid in tids {
            let Some(thread) = self.threads.slot_of(tid).and_then(|slot| self.threads.get_mut(slot)) else {
                continue;
            };
            for fd in thread.fds.values_mut().filter(|fd| fd.kind == FdKind::Ipv4) {
                if ports.contains(&fd.source_port()) {
                    fd.swap_ends();
                    fd.set_name(&plain_connection(fd));
                    fd.role = Role::Server;
                } else {
                    fd.role = Role::Client;
                }
            }
        }
    }
}

/// A connection's text whatever its protocol: the start state's names are made so.
fn plain_connection(fd: &Fd) -> Vec<u8> {
    match fd.ends() {
        Some([from, to]) => format!("{}:{}->{}:{}", from.0, from.1, to.0, to.1).into_bytes(),
        None => connection_text(fd),
    }
}

fn kind_of_class(class: DescriptorClass) -> FdKind {
    match class {
        DescriptorClass::Fifo => FdKind::Fifo,
        DescriptorClass::File => FdKind::OldFile,
        DescriptorClass::Directory => FdKind::Directory,
        DescriptorClass::Unsupported => FdKind::Unsupported,
        DescriptorClass::Event => FdKind::Event,
        DescriptorClass::Signal => FdKind::Signal,
        DescriptorClass::EventPoll => FdKind::EventPoll,
        DescriptorClass::Inotify => FdKind::Inotify,
        DescriptorClass::Timer => FdKind::Timer,
        DescriptorClass::Netlink => FdKind::Netlink,
        DescriptorClass::Bpf => FdKind::Bpf,
        DescriptorClass::Userfault => FdKind::Userfault,
        DescriptorClass::IoUring => FdKind::IoUring,
        DescriptorClass::Memfd => FdKind::Memfd,
        DescriptorClass::Pidfd => FdKind::Pidfd,
    }
}

/// Without the last NUL.
fn strip(list: &[u8]) -> &[u8] {
    list.strip_suffix(&[0]).unwrap_or(list)
}

/// The kernel marks the path of a program that was removed.
pub(crate) fn without_deleted(path: &[u8]) -> &[u8] {
    path.strip_suffix(b" (deleted)").unwrap_or(path)
}
