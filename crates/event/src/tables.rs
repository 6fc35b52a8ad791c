//! The state a capture starts with: the machine, its processes, their descriptors, its users,
//! groups and addresses. Neutral records between who reads them (`capture-file`) and who builds
//! state from them (`event-enricher`).
//!
//! Values are as a capture holds them. What older captures do not hold has libscap's default,
//! which each field's comment gives. Knows no file format and no state.

use std::net::{Ipv4Addr, Ipv6Addr};

/// One entry of the tables, as it comes out of a capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableRecord {
    /// The machine the capture was taken on.
    Machine(MachineRecord),
    /// One thread that lived when the capture began.
    Process(Box<ProcessRecord>),
    /// One descriptor of such a thread.
    Descriptor(DescriptorRecord),
    /// One user of the host, or of a container.
    User(UserRecord),
    /// One group.
    Group(GroupRecord),
    /// One address of an interface.
    Interface(InterfaceRecord),
}

/// All that a capture starts with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StartState {
    /// The machine.
    pub machine: MachineRecord,
    /// Its addresses.
    pub interfaces: Vec<InterfaceRecord>,
    /// Its users.
    pub users: Vec<UserRecord>,
    /// Its groups.
    pub groups: Vec<GroupRecord>,
    /// Its threads.
    pub processes: Vec<ProcessRecord>,
    /// Their descriptors, those of one thread one after another.
    pub descriptors: Vec<DescriptorRecord>,
}

/// The machine a capture was taken on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MachineRecord {
    /// Number of CPUs.
    pub cpu_count: u32,
    /// Physical memory.
    pub memory_bytes: u64,
    /// The highest pid possible.
    pub pid_max: u64,
    /// The host's name, at most 127 bytes.
    pub hostname: Vec<u8>,
    /// Unix time at boot; 0 when it is not known.
    pub boot_ns: u64,
    /// libscap's flags.
    pub flags: u64,
}

/// One thread of the process list. Thread group leaders have `tid == pid`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessRecord {
    /// Thread id.
    pub tid: i64,
    /// Thread group id.
    pub pid: i64,
    /// Thread id of the parent.
    pub parent_tid: i64,
    /// Session id in its pid namespace; -1 when unknown.
    pub session_id: i64,
    /// Process group id in its pid namespace; -1 when unknown.
    pub namespace_group_id: i64,
    /// Process group id in the host's pid namespace; -1 when unknown.
    pub group_id: i64,
    /// `proc.name`.
    pub comm: Vec<u8>,
    /// First argument (`proc.exe`).
    pub exe: Vec<u8>,
    /// Path of the executable; empty when unknown.
    pub exepath: Vec<u8>,
    /// Arguments after the first, each with a NUL after it.
    pub args: Vec<u8>,
    /// Environment, each entry with a NUL after it.
    pub env: Vec<u8>,
    /// Working directory, mostly with a slash at its end.
    pub cwd: Vec<u8>,
    /// Root directory as the host sees it; empty when unknown.
    pub root: Vec<u8>,
    /// `name=path` of each control group, each with a NUL after it.
    pub cgroups: Vec<u8>,
    /// Soft limit of open files.
    pub descriptor_limit: i64,
    /// libscap's `PPM_CL_*` flags of the thread.
    pub flags: u32,
    /// Effective user id.
    pub uid: u32,
    /// Effective group id.
    pub gid: u32,
    /// Login user id; `u32::MAX` when unset or unknown.
    pub login_uid: u32,
    /// Virtual memory.
    pub vm_size_kb: u32,
    /// Resident memory.
    pub vm_rss_kb: u32,
    /// Swapped memory.
    pub vm_swap_kb: u32,
    /// Major page faults.
    pub faults_major: u64,
    /// Minor page faults.
    pub faults_minor: u64,
    /// Thread id in its pid namespace; -1 when unknown.
    pub namespace_tid: i64,
    /// Thread group id in its pid namespace; -1 when unknown.
    pub namespace_pid: i64,
    /// Start of the pid namespace's first process, ns since boot or Unix time as the capture
    /// has it; 0 when unknown.
    pub pid_namespace_start_ns: u64,
    /// Controlling terminal's device number; 0 for none.
    pub tty: u32,
    /// The executable is writable by its process.
    pub exe_writable: bool,
    /// The executable lies in the upper layer of an overlay.
    pub exe_upper_layer: bool,
    /// The executable lies in a lower layer of an overlay.
    pub exe_lower_layer: bool,
    /// The executable is a memfd.
    pub exe_from_memfd: bool,
    /// Inheritable capabilities.
    pub capabilities_inheritable: u64,
    /// Permitted capabilities.
    pub capabilities_permitted: u64,
    /// Effective capabilities.
    pub capabilities_effective: u64,
    /// Inode of the executable; 0 when unknown.
    pub exe_inode: u64,
    /// Change time of the executable (Unix ns); 0 when unknown.
    pub exe_ctime_ns: u64,
    /// Modification time of the executable (Unix ns); 0 when unknown.
    pub exe_mtime_ns: u64,
}

impl Default for ProcessRecord {
    fn default() -> Self {
        ProcessRecord {
            tid: 0,
            pid: 0,
            parent_tid: 0,
            session_id: -1,
            namespace_group_id: -1,
            group_id: -1,
            comm: Vec::new(),
            exe: Vec::new(),
            exepath: Vec::new(),
            args: Vec::new(),
            env: Vec::new(),
            cwd: Vec::new(),
            root: Vec::new(),
            cgroups: Vec::new(),
            descriptor_limit: 0,
            flags: 0,
            uid: 0,
            gid: 0,
            login_uid: u32::MAX,
            vm_size_kb: 0,
            vm_rss_kb: 0,
            vm_swap_kb: 0,
            faults_major: 0,
            faults_minor: 0,
            namespace_tid: -1,
            namespace_pid: -1,
            pid_namespace_start_ns: 0,
            tty: 0,
            exe_writable: false,
            exe_upper_layer: false,
            exe_lower_layer: false,
            exe_from_memfd: false,
            capabilities_inheritable: 0,
            capabilities_permitted: 0,
            capabilities_effective: 0,
            exe_inode: 0,
            exe_ctime_ns: 0,
            exe_mtime_ns: 0,
        }
    }
}

/// One open descriptor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescriptorRecord {
    /// The thread whose table it is in; libscap writes tables of thread group leaders.
    pub tid: i64,
    /// The number processes use.
    pub number: i64,
    /// Inode; 0 when unknown.
    pub inode: u64,
    /// What it leads to.
    pub kind: DescriptorKind,
}

/// What a descriptor leads to. Addresses are in the order of the capture: `source` is the side
/// that connected (libscap: `sip`), `destination` the one that was connected to (`dip`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DescriptorKind {
    /// A regular file with its open flags (`PPM_O_*`) and device.
    File {
        /// libscap's `PPM_O_*` flags.
        open_flags: u32,
        /// Path.
        name: Vec<u8>,
        /// Device number; 0 when unknown.
        device: u32,
    },
    /// A connected IPv4 socket.
    Ipv4 {
        /// The connecting side.
        source: (Ipv4Addr, u16),
        /// The other side.
        destination: (Ipv4Addr, u16),
        /// libscap's `SCAP_L4_*`: 0 unknown, 1 not a socket, 2 tcp, 3 udp, 4 icmp, 5 raw.
        protocol: u8,
    },
    /// A listening IPv4 socket.
    Ipv4Server {
        /// Its address and port.
        address: (Ipv4Addr, u16),
        /// As in [`DescriptorKind::Ipv4`].
        protocol: u8,
    },
    /// A connected IPv6 socket.
    Ipv6 {
        /// The connecting side.
        source: (Ipv6Addr, u16),
        /// The other side.
        destination: (Ipv6Addr, u16),
        /// As in [`DescriptorKind::Ipv4`].
        protocol: u8,
    },
    /// A listening IPv6 socket.
    Ipv6Server {
        /// Its address and port.
        address: (Ipv6Addr, u16),
        /// As in [`DescriptorKind::Ipv4`].
        protocol: u8,
    },
    /// A unix socket.
    Unix {
        /// Kernel address of one end.
        source: u64,
        /// Kernel address of the other.
        destination: u64,
        /// Path; empty when unnamed.
        name: Vec<u8>,
    },
    /// All that has nothing but a name: pipes, directories, event and timer descriptors.
    Named {
        /// Which of them.
        class: DescriptorClass,
        /// Name as libscap writes it.
        name: Vec<u8>,
    },
}

/// Kinds of descriptors that have nothing but a name. The numbers are libscap's `SCAP_FD_*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum DescriptorClass {
    /// A pipe.
    Fifo = 7,
    /// A file of captures that do not tell open flags.
    File = 1,
    /// A directory.
    Directory = 2,
    /// A file whose kind libscap does not know.
    Unsupported = 10,
    /// An eventfd.
    Event = 9,
    /// A signalfd.
    Signal = 11,
    /// An epoll instance.
    EventPoll = 12,
    /// An inotify instance.
    Inotify = 13,
    /// A timerfd.
    Timer = 14,
    /// A netlink socket.
    Netlink = 15,
    /// A BPF map or program.
    Bpf = 17,
    /// A userfaultfd.
    Userfault = 18,
    /// An io_uring instance.
    IoUring = 19,
    /// A memfd.
    Memfd = 20,
    /// A pidfd.
    Pidfd = 21,
}

impl DescriptorClass {
    /// The class of a number of libscap's.
    pub fn of(number: u8) -> Option<DescriptorClass> {
        use DescriptorClass::{
            Bpf, Directory, Event, EventPoll, Fifo, File, Inotify, IoUring, Memfd, Netlink, Pidfd, Signal,
            Timer, Unsupported, Userfault,
        };
        [
            Fifo,
            File,
            Directory,
            Unsupported,
            Event,
            Signal,
            EventPoll,
            Inotify,
            Timer,
            Netlink,
            Bpf,
            Userfault,
            IoUring,
            Memfd,
            Pidfd,
        ]
        .into_iter()
        .find(|class| *class as u8 == number)
    }
}

/// One user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserRecord {
    /// User id.
    pub uid: u32,
    /// Primary group.
    pub gid: u32,
    /// Login name.
    pub name: Vec<u8>,
    /// Home directory.
    pub home: Vec<u8>,
    /// Login shell.
    pub shell: Vec<u8>,
}

/// One group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupRecord {
    /// Group id.
    pub gid: u32,
    /// Its name.
    pub name: Vec<u8>,
}

/// One address of an interface of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterfaceRecord {
    /// The interface's name.
    pub name: Vec<u8>,
    /// Address, mask and broadcast address.
    pub address: InterfaceAddress,
    /// Bits per second; 0 when unknown.
    pub link_speed: u64,
}

/// Address, mask and broadcast address of an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants' fields are what the type's comment says")]
pub enum InterfaceAddress {
    /// IPv4.
    V4 { address: Ipv4Addr, mask: Ipv4Addr, broadcast: Ipv4Addr },
    /// IPv6.
    V6 { address: Ipv6Addr, mask: Ipv6Addr, broadcast: Ipv6Addr },
}
