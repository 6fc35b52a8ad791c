//! One descriptor of the shadow table: what it leads to, and what is known of its socket.
//!
//! The addresses lie in one block of bytes that a listening socket and a connected one share, as
//! in libsinsp: what a socket kept from its former life is seen there, too. Long because the views
//! of that block are told apart nowhere else.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

use super::files::O_CLOEXEC;

/// What a descriptor leads to. The numbers are libscap's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum FdKind {
    #[default]
    Uninitialized,
    Unknown,
    /// A file of a capture that does not tell open flags.
    OldFile,
    File,
    Directory,
    Ipv4,
    Ipv6,
    Ipv4Server,
    Ipv6Server,
    Fifo,
    Unix,
    Event,
    Unsupported,
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
}

impl FdKind {
    /// `fd.type`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            FdKind::OldFile | FdKind::File => "file",
            FdKind::Directory => "directory",
            FdKind::Ipv4 | FdKind::Ipv4Server => "ipv4",
            FdKind::Ipv6 | FdKind::Ipv6Server => "ipv6",
            FdKind::Unix => "unix",
            FdKind::Fifo => "pipe",
            FdKind::Event => "event",
            FdKind::Signal => "signalfd",
            FdKind::EventPoll => "eventpoll",
            FdKind::Inotify => "inotify",
            FdKind::Timer => "timerfd",
            FdKind::Netlink => "netlink",
            FdKind::Bpf => "bpf",
            FdKind::Userfault => "userfaultfd",
            FdKind::IoUring => "io_uring",
            FdKind::Memfd => "memfd",
            FdKind::Pidfd => "pidfd",
            FdKind::Uninitialized | FdKind::Unknown | FdKind::Unsupported => "<NA>",
        }
    }

    /// `fd.typechar`.
    pub(crate) fn letter(self) -> &'static str {
        match self {
            FdKind::OldFile | FdKind::File => "f",
            FdKind::Ipv4 | FdKind::Ipv4Server => "4",
            FdKind::Ipv6 | FdKind::Ipv6Server => "6",
            FdKind::Directory => "d",
            FdKind::Fifo => "p",
            FdKind::Unix => "u",
            FdKind::Event => "e",
            FdKind::Unknown => "o",
            FdKind::Unsupported => "X",
            FdKind::Signal => "s",
            FdKind::EventPoll => "l",
            FdKind::Inotify => "i",
            FdKind::Timer => "t",
            FdKind::Netlink => "n",
            FdKind::Bpf => "b",
            FdKind::Userfault => "u",
            FdKind::IoUring => "r",
            FdKind::Memfd => "m",
            FdKind::Pidfd => "P",
            FdKind::Uninitialized => "?",
        }
    }

    pub(crate) fn is_file(self) -> bool {
        matches!(self, FdKind::OldFile | FdKind::File)
    }

    pub(crate) fn is_ip(self) -> bool {
        matches!(self, FdKind::Ipv4 | FdKind::Ipv6 | FdKind::Ipv4Server | FdKind::Ipv6Server)
    }
}

/// Which end of a connection the process is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Role {
    #[default]
    None,
    Client,
    Server,
}

/// Transport protocol. The numbers are libscap's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Protocol {
    Unknown = 0,
    NotASocket = 1,
    Tcp = 2,
    Udp = 3,
    Icmp = 4,
    Raw = 5,
}

impl Protocol {
    pub(crate) fn of_number(number: u8) -> Protocol {
        match number {
            1 => Protocol::NotASocket,
            2 => Protocol::Tcp,
            3 => Protocol::Udp,
            4 => Protocol::Icmp,
            5 => Protocol::Raw,
            _ => Protocol::Unknown,
        }
    }
}

/// How far a socket's connection has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Connection {
    #[default]
    None,
    Made,
}

/// A text that many descriptors share; `None` is the empty text.
pub(crate) type Name = Option<Arc<[u8]>>;

/// Where the members of libsinsp's structures lie in the block of bytes.
mod at {
    pub(super) const SOURCE4: usize = 0;
    pub(super) const DESTINATION4: usize = 4;
    pub(super) const SOURCE_PORT4: usize = 8;
    pub(super) const DESTINATION_PORT4: usize = 10;
    pub(super) const PROTOCOL4: usize = 12;
    pub(super) const SERVER4: usize = 0;
    pub(super) const SERVER_PORT4: usize = 4;
    pub(super) const SERVER_PROTOCOL4: usize = 6;
    pub(super) const SOURCE6: usize = 0;
    pub(super) const DESTINATION6: usize = 16;
    pub(super) const SOURCE_PORT6: usize = 32;
    pub(super) const DESTINATION_PORT6: usize = 34;
    pub(super) const PROTOCOL6: usize = 36;
    pub(super) const SERVER6: usize = 0;
    pub(super) const SERVER_PORT6: usize = 16;
    pub(super) const SERVER_PROTOCOL6: usize = 18;
    pub(super) const UNIX_SOURCE: usize = 0;
    pub(super) const UNIX_DESTINATION: usize = 8;
}
/// Bytes of the largest of them.
const SOCKET_BYTES: usize = 40;

/// One descriptor.
#[derive(Debug, Clone)]
pub(crate) struct Fd {
    pub(crate) kind: FdKind,
    pub(crate) role: Role,
    pub(crate) connection: Connection,
    pub(crate) upper_layer: bool,
    pub(crate) lower_layer: bool,
    /// The name differs from what it was when the descriptor was last looked up.
    pub(crate) renamed: bool,
    pub(crate) open_flags: u32,
    pub(crate) device: u32,
    pub(crate) inode: u64,
    /// Of a pidfd: the process it stands for.
    pub(crate) pid: i64,
    name: Name,
    pub(crate) raw_name: Name,
    socket: [u8; SOCKET_BYTES],
}

impl Default for Fd {
    fn default() -> Self {
        Fd {
            kind: FdKind::default(),
            role: Role::default(),
            connection: Connection::default(),
            upper_layer: false,
            lower_layer: false,
            renamed: false,
            open_flags: 0,
            device: 0,
            inode: 0,
            pid: 0,
            name: None,
            raw_name: None,
            socket: [0; SOCKET_BYTES],
        }
    }
}

impl Fd {
    pub(crate) fn new(kind: FdKind) -> Fd {
        Fd { kind, ..Fd::default() }
    }

    pub(crate) fn name(&self) -> &[u8] {
        self.name.as_deref().unwrap_or_default()
    }

    pub(crate) fn set_name(&mut self, name: &[u8]) {
        if self.name() != name {
            self.renamed = true;
            self.name = shared(name);
        }
    }

    /// Both names of a file that was opened: they are often the same.
    pub(crate) fn set_file_names(&mut self, name: &[u8], raw: &[u8]) {
        self.set_name(name);
        self.raw_name = if name == raw { self.name.clone() } else { shared(raw) };
    }

    pub(crate) fn protocol(&self) -> Protocol {
        let stored = |at| Protocol::of_number(self.socket.get(at).copied().unwrap_or(0));
        match self.kind {
            FdKind::Ipv4 | FdKind::Ipv6 => {
                let at = if self.kind == FdKind::Ipv4 { at::PROTOCOL4 } else { at::PROTOCOL6 };
                match stored(at) {
                    Protocol::Raw => Protocol::Raw,
                    _ if self.role == Role::None => Protocol::NotASocket,
                    protocol => protocol,
                }
            }
            FdKind::Ipv4Server => stored(at::SERVER_PROTOCOL4),
            FdKind::Ipv6Server => stored(at::SERVER_PROTOCOL6),
            _ => Protocol::NotASocket,
        }
    }

    /// The protocol as it is kept, whatever the role.
    pub(crate) fn stored_protocol4(&self) -> Protocol {
        Protocol::of_number(self.socket.get(at::PROTOCOL4).copied().unwrap_or(0))
    }

    pub(crate) fn stored_protocol6(&self) -> Protocol {
        Protocol::of_number(self.socket.get(at::PROTOCOL6).copied().unwrap_or(0))
    }

    pub(crate) fn set_protocol4(&mut self, protocol: Protocol) {
        self.put(at::PROTOCOL4, [protocol as u8]);
    }

    pub(crate) fn set_protocol6(&mut self, protocol: Protocol) {
        self.put(at::PROTOCOL6, [protocol as u8]);
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.connection == Connection::Made
    }

    pub(crate) fn set_closes_on_exec(&mut self, closes: bool) {
        if closes {
            self.open_flags |= O_CLOEXEC;
        } else {
            self.open_flags &= !O_CLOEXEC;
        }
    }

    pub(crate) fn is_tcp(&self) -> bool {
        self.protocol() == Protocol::Tcp
    }

    pub(crate) fn is_udp(&self) -> bool {
        self.protocol() == Protocol::Udp
    }

    pub(crate) fn source4(&self) -> Ipv4Addr {
        Ipv4Addr::from(self.take::<4>(at::SOURCE4))
    }

    pub(crate) fn destination4(&self) -> Ipv4Addr {
        Ipv4Addr::from(self.take::<4>(at::DESTINATION4))
    }

    pub(crate) fn set_source4(&mut self, address: Ipv4Addr) {
        self.put(at::SOURCE4, address.octets());
    }

    pub(crate) fn set_destination4(&mut self, address: Ipv4Addr) {
        self.put(at::DESTINATION4, address.octets());
    }

    pub(crate) fn source6(&self) -> Ipv6Addr {
        Ipv6Addr::from(self.take::<16>(at::SOURCE6))
    }

    pub(crate) fn destination6(&self) -> Ipv6Addr {
        Ipv6Addr::from(self.take::<16>(at::DESTINATION6))
    }

    pub(crate) fn set_source6(&mut self, address: Ipv6Addr) {
        self.put(at::SOURCE6, address.octets());
    }

    pub(crate) fn set_destination6(&mut self, address: Ipv6Addr) {
        self.put(at::DESTINATION6, address.octets());
    }

    pub(crate) fn source_port(&self) -> u16 {
        self.port(if self.is_v6() { at::SOURCE_PORT6 } else { at::SOURCE_PORT4 })
    }

    pub(crate) fn destination_port(&self) -> u16 {
        self.port(if self.is_v6() { at::DESTINATION_PORT6 } else { at::DESTINATION_PORT4 })
    }

    pub(crate) fn set_source_port(&mut self, v6: bool, port: u16) {
        self.put(if v6 { at::SOURCE_PORT6 } else { at::SOURCE_PORT4 }, port.to_le_bytes());
    }

    pub(crate) fn set_destination_port(&mut self, v6: bool, port: u16) {
        self.put(if v6 { at::DESTINATION_PORT6 } else { at::DESTINATION_PORT4 }, port.to_le_bytes());
    }

    /// Destination port of IPv4 members, whatever the kind: libsinsp asks so.
    pub(crate) fn destination_port4(&self) -> u16 {
        self.port(at::DESTINATION_PORT4)
    }

    pub(crate) fn source_port4(&self) -> u16 {
        self.port(at::SOURCE_PORT4)
    }

    /// Where a listening socket listens.
    pub(crate) fn server(&self) -> (IpAddr, u16) {
        if self.is_v6() {
            (Ipv6Addr::from(self.take::<16>(at::SERVER6)).into(), self.port(at::SERVER_PORT6))
        } else {
            (Ipv4Addr::from(self.take::<4>(at::SERVER4)).into(), self.port(at::SERVER_PORT4))
        }
    }

    pub(crate) fn set_server4(&mut self, address: Ipv4Addr, port: u16, protocol: Protocol) {
        self.kind = FdKind::Ipv4Server;
        self.put(at::SERVER4, address.octets());
        self.put(at::SERVER_PORT4, port.to_le_bytes());
        self.put(at::SERVER_PROTOCOL4, [protocol as u8]);
    }

    pub(crate) fn set_server6(&mut self, address: Ipv6Addr, port: u16, protocol: Protocol) {
        self.kind = FdKind::Ipv6Server;
        self.put(at::SERVER6, address.octets());
        self.put(at::SERVER_PORT6, port.to_le_bytes());
        self.put(at::SERVER_PROTOCOL6, [protocol as u8]);
    }

    pub(crate) fn server_protocol4(&self) -> Protocol {
        Protocol::of_number(self.socket.get(at::SERVER_PROTOCOL4).copied().unwrap_or(0))
    }

    /// Both ends of a connection, the source first; `None` when there is none.
    pub(crate) fn ends(&self) -> Option<[(IpAddr, u16); 2]> {
        let ports = (self.source_port(), self.destination_port());
        match self.kind {
            FdKind::Ipv4 => Some([(self.source4().into(), ports.0), (self.destination4().into(), ports.1)]),
            FdKind::Ipv6 => Some([(self.source6().into(), ports.0), (self.destination6().into(), ports.1)]),
            _ => None,
        }
    }

    /// Makes the source the destination and the other way round.
    pub(crate) fn swap_ends(&mut self) {
        if self.kind == FdKind::Ipv4 {
            let (source, destination) = (self.source4(), self.destination4());
            self.set_source4(destination);
            self.set_destination4(source);
        } else {
            let (source, destination) = (self.source6(), self.destination6());
            self.set_source6(destination);
            self.set_destination6(source);
        }
        let v6 = self.kind != FdKind::Ipv4;
        let ports = if v6 { self.ports6() } else { (self.source_port4(), self.destination_port4()) };
        self.set_source_port(v6, ports.1);
        self.set_destination_port(v6, ports.0);
    }

    /// Source and destination port of IPv6 members, whatever the kind.
    pub(crate) fn ports6(&self) -> (u16, u16) {
        (self.port(at::SOURCE_PORT6), self.port(at::DESTINATION_PORT6))
    }

    pub(crate) fn set_unix(&mut self, source: u64, destination: u64) {
        self.put(at::UNIX_SOURCE, source.to_le_bytes());
        self.put(at::UNIX_DESTINATION, destination.to_le_bytes());
    }

    fn is_v6(&self) -> bool {
        matches!(self.kind, FdKind::Ipv6 | FdKind::Ipv6Server)
    }

    fn port(&self, at: usize) -> u16 {
        u16::from_le_bytes(self.take::<2>(at))
    }

    fn take<const N: usize>(&self, at: usize) -> [u8; N] {
        self.socket.get(at..).and_then(|bytes| bytes.first_chunk::<N>()).copied().unwrap_or([0; N])
    }

    fn put<const N: usize>(&mut self, at: usize, bytes: [u8; N]) {
        if let Some(place) = self.socket.get_mut(at..at + N) {
            place.copy_from_slice(&bytes);
        }
    }
}

fn shared(text: &[u8]) -> Name {
    (!text.is_empty()).then(|| Arc::from(text))
}
