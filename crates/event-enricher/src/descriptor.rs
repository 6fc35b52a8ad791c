//! The file descriptor that an event is about: what fields `fd.*` speak of.
//!
//! Live, everything is in the event itself, or in the descriptor as /proc shows it at the moment
//! a field is asked for. A replay will put its shadow table behind the same type. Long, since each
//! way a descriptor comes about has its few lines here.

use std::{borrow::Cow, net::IpAddr};

use event::{DescriptorFacts, EventCode, ParamType, event_code};

use crate::{
    Enriched, path,
    socket::{Address, Tuple},
};

/// Falco's `file_flags`.
pub(crate) const O_RDONLY: i64 = 1;
/// See [`O_RDONLY`].
pub(crate) const O_WRONLY: i64 = 2;
/// See [`O_RDONLY`].
pub(crate) const O_CREAT: i64 = 4;
/// See [`O_RDONLY`].
pub(crate) const O_DIRECTORY: i64 = 1024;
/// See [`O_RDONLY`].
pub(crate) const O_TMPFILE: i64 = 8192;
/// See [`O_RDONLY`].
pub(crate) const O_F_CREATED: i64 = 16_384;
/// See [`O_RDONLY`].
pub(crate) const FD_UPPER_LAYER: i64 = 32_768;
/// See [`O_RDONLY`].
pub(crate) const FD_LOWER_LAYER: i64 = 65_536;

/// `AT_FDCWD`: relative paths start at the working directory.
pub(crate) const AT_FDCWD: i64 = -100;
/// `EINPROGRESS`: a connection that is being made.
const EINPROGRESS: i64 = 115;

/// What a descriptor leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Directory,
    Ipv4,
    Ipv6,
    Unix,
    Pipe,
    EventFd,
    Epoll,
    SignalFd,
    TimerFd,
    Inotify,
    Other,
}

impl Kind {
    /// `fd.type`.
    pub(crate) fn name(self) -> Option<&'static str> {
        Some(match self {
            Kind::File => "file",
            Kind::Directory => "directory",
            Kind::Ipv4 => "ipv4",
            Kind::Ipv6 => "ipv6",
            Kind::Unix => "unix",
            Kind::Pipe => "pipe",
            Kind::EventFd => "event",
            Kind::Epoll => "eventpoll",
            Kind::SignalFd => "signalfd",
            Kind::TimerFd => "timerfd",
            Kind::Inotify => "inotify",
            Kind::Other => return None,
        })
    }

    /// `fd.typechar`.
    pub(crate) fn letter(self) -> &'static str {
        match self {
            Kind::File => "f",
            Kind::Directory => "d",
            Kind::Ipv4 => "4",
            Kind::Ipv6 => "6",
            Kind::Unix => "u",
            Kind::Pipe => "p",
            Kind::EventFd => "e",
            Kind::Epoll => "l",
            Kind::SignalFd => "s",
            Kind::TimerFd => "t",
            Kind::Inotify => "i",
            Kind::Other => "o",
        }
    }

    /// What a link of `/proc/PID/fd` says. Sockets do not say their family.
    pub(crate) fn of_link(link: &[u8]) -> Kind {
        match link {
            [b'/', ..] => Kind::File,
            _ if link.starts_with(b"pipe:") => Kind::Pipe,
            b"anon_inode:[eventfd]" => Kind::EventFd,
            b"anon_inode:[eventpoll]" => Kind::Epoll,
            b"anon_inode:[signalfd]" => Kind::SignalFd,
            b"anon_inode:[timerfd]" => Kind::TimerFd,
            b"anon_inode:inotify" | b"inotify" => Kind::Inotify,
            _ => Kind::Other,
        }
    }
}

/// A descriptor at the moment of an event.
#[derive(Debug, Clone)]
pub(crate) struct Descriptor<'e> {
    /// -1 when the call that should have made it failed.
    pub(crate) number: i64,
    pub(crate) kind: Kind,
    /// Absolute path, or a socket's tuple.
    pub(crate) name: Cow<'e, [u8]>,
    /// The path as it was given.
    pub(crate) raw_name: Option<&'e [u8]>,
    pub(crate) device: Option<u32>,
    pub(crate) inode: Option<u64>,
    /// Falco's `file_flags`, of opens.
    pub(crate) flags: i64,
    pub(crate) ends: Option<Ends>,
    pub(crate) connected: Option<bool>,
    /// This event gave it its name.
    pub(crate) name_changed: bool,
    /// The call that should have made it failed.
    pub(crate) failed: bool,
    /// This process waits for connections there, or took this one.
    pub(crate) is_server: bool,
}

/// The two ends of a connection. Of one that this process began, its own is the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ends {
    /// Unknown when the connection was never made.
    pub(crate) client: Option<(IpAddr, u16)>,
    pub(crate) server: (IpAddr, u16),
}

impl<'e> Descriptor<'e> {
    /// The descriptor of an event; `None` when the event has nothing to do with one.
    pub(crate) fn of(enriched: &Enriched<'e>) -> Option<Descriptor<'e>> {
        let event = enriched.event;
        if is_open(event.code) {
            return opened(enriched);
        }
        match event.code {
            event_code::SOCKET_CONNECT_X => connected(enriched),
            event_code::SOCKET_SOCKET_X => made_socket(enriched),
            _ => used(enriched),
        }
    }

    fn new(number: i64, kind: Kind, name: Cow<'e, [u8]>) -> Self {
        Descriptor {
            number,
            kind,
            name,
            raw_name: None,
            device: None,
            inode: None,
            flags: 0,
            ends: None,
            connected: None,
            name_changed: false,
            failed: false,
            is_server: false,
        }
    }

    pub(crate) fn is_socket(&self) -> bool {
        matches!(self.kind, Kind::Ipv4 | Kind::Ipv6 | Kind::Unix)
    }

    /// `<f>/path`, as arguments are printed; the letter behind a family is the protocol's.
    pub(crate) fn tagged(&self, protocol: Option<&str>) -> Vec<u8> {
        let protocol = match protocol {
            Some("tcp") => "t",
            Some("udp") => "u",
            _ => "",
        };
        let mut text = format!("<{}{protocol}>", self.kind.letter()).into_bytes();
        text.extend_from_slice(&self.name);
        text
    }
}

/// The calls that open a path.
pub(crate) fn is_open(code: EventCode) -> bool {
    matches!(
        code,
        event_code::SYSCALL_OPEN_X
            | event_code::SYSCALL_OPENAT_2_X
            | event_code::SYSCALL_OPENAT2_X
            | event_code::SYSCALL_CREAT_X
            | event_code::SYSCALL_OPEN_BY_HANDLE_AT_X
    )
}

/// Falco's `file_flags` of an open; `creat` implies its own.
pub(crate) fn open_flags(enriched: &Enriched<'_>) -> Option<i64> {
    let event = enriched.event;
    if event.code == event_code::SYSCALL_CREAT_X {
        // `creat_flags` has the overlay bits alone, moved down.
        let layers = event.number_param("creat_flags").unwrap_or(0) << 15;
        return Some(O_WRONLY | O_CREAT | layers);
    }
    is_open(event.code).then(|| event.number_param("flags")).flatten()
}

fn opened<'e>(enriched: &Enriched<'e>) -> Option<Descriptor<'e>> {
    let event = enriched.event;
    let number = event.number_param("fd")?;
    let raw = event.text_param("name").or_else(|| event.text_param("path"))?;
    let name = enriched.absolute(raw, event.number_param("dirfd"), event.resolved_path());
    let flags = open_flags(enriched).unwrap_or(0);
    if number < 0 {
        // Falco: no type and no file name, but a typechar.
        return Some(Descriptor {
            raw_name: Some(raw),
            failed: true,
            ..Descriptor::new(-1, Kind::File, name)
        });
    }
    let kind = if flags & O_DIRECTORY != 0 { Kind::Directory } else { Kind::File };
    Some(Descriptor {
        raw_name: Some(raw),
        device: event.number_param("dev").and_then(|device| u32::try_from(device).ok()),
        inode: event.number_param("ino").map(i64::cast_unsigned),
        flags,
        name_changed: true,
        ..Descriptor::new(number, kind, name)
    })
}

fn connected<'e>(enriched: &Enriched<'e>) -> Option<Descriptor<'e>> {
    let event = enriched.event;
    let number = event.number_param("fd")?;
    let res = event.number_param("res").unwrap_or(0);
    let connected = Some(res >= 0);
    let base = |kind, name| Descriptor {
        connected,
        name_changed: res >= 0 || res == -EINPROGRESS,
        ..Descriptor::new(number, kind, name)
    };
    let family = |ip: IpAddr| if ip.is_ipv4() { Kind::Ipv4 } else { Kind::Ipv6 };
    if let Some(tuple) = event.param("tuple").and_then(Tuple::parse) {
        let name = Cow::Owned(tuple.text());
        return Some(match tuple {
            Tuple::Ip { source, destination } => Descriptor {
                ends: Some(Ends { client: Some(source), server: destination }),
                ..base(family(destination.0), name)
            },
            Tuple::Unix { .. } => base(Kind::Unix, name),
        });
    }
    // A failed call may have no tuple; it still says whom it wanted to reach.
    let address = event.param("addr").and_then(Address::parse)?;
    let name = Cow::Owned(address.text());
    Some(match address {
        Address::Ip(ip, port) => {
            Descriptor { ends: Some(Ends { client: None, server: (ip, port) }), ..base(family(ip), name) }
        }
        Address::Unix(_) => base(Kind::Unix, name),
    })
}

/// A socket just made: its family is all there is.
fn made_socket<'e>(enriched: &Enriched<'e>) -> Option<Descriptor<'e>> {
    let event = enriched.event;
    let number = event.number_param("fd").filter(|number| *number >= 0)?;
    let kind = match event.number_param("domain")? {
        1 => Kind::Unix,
        2 => Kind::Ipv4,
        10 => Kind::Ipv6,
        _ => Kind::Other,
    };
    Some(Descriptor::new(number, kind, Cow::Borrowed(b"")))
}

/// A descriptor from the addresses that its event carries (accept, bind, send, receive).
fn addressed<'e>(enriched: &Enriched<'e>, number: i64) -> Option<Descriptor<'e>> {
    let event = enriched.event;
    let is_accept = matches!(event.code, event_code::SOCKET_ACCEPT_5_X | event_code::SOCKET_ACCEPT4_6_X);
    let family = |ip: IpAddr| if ip.is_ipv4() { Kind::Ipv4 } else { Kind::Ipv6 };
    if let Some(tuple) = event.param("tuple").and_then(Tuple::parse) {
        let facts = event.descriptor_facts().filter(|_| !is_accept);
        let (tuple, is_server) = match (tuple, facts) {
            (Tuple::Ip { source, destination }, Some(_)) => {
                let is_inbound = event.definition()?.flags.contains(&"EF_READS_FROM_FD");
                let (here, there) = if is_inbound { (destination, source) } else { (source, destination) };
                oriented(here, there, false)
            }
            (tuple, _) => (tuple, is_accept),
        };
        let (kind, ends) = match tuple {
            Tuple::Ip { source, destination } => {
                (family(destination.0), Some(Ends { client: Some(source), server: destination }))
            }
            Tuple::Unix { .. } => (Kind::Unix, None),
        };
        return Some(Descriptor {
            ends,
            // Falco: a socket is connected by a connect of its own. An unconnected one that sends
            // to another address than before changes its name.
            connected: Some(event.descriptor_facts().is_none_or(|facts| facts.is_connected)),
            name_changed: is_accept
                || event.descriptor_facts().is_some_and(|facts| !facts.is_connected && !facts.is_same_peer),
            is_server,
            ..Descriptor::new(number, kind, Cow::Owned(tuple.text()))
        });
    }
    let address = event.param("addr").and_then(Address::parse)?;
    let (kind, ends) = match address {
        Address::Ip(ip, port) => (family(ip), Some(Ends { client: None, server: (ip, port) })),
        Address::Unix(_) => (Kind::Unix, None),
    };
    let name = Cow::Owned(address.text());
    Some(Descriptor {
        ends,
        connected: Some(false),
        name_changed: true,
        is_server: true,
        ..Descriptor::new(number, kind, name)
    })
}

/// Any other call with a descriptor: the first one among its parameters.
fn used<'e>(enriched: &Enriched<'e>) -> Option<Descriptor<'e>> {
    let event = enriched.event;
    let definition = event.definition()?;
    let has = |flag| definition.flags.contains(&flag);
    if !has("EF_USES_FD") && !has("EF_CREATES_FD") {
        return None;
    }
    let index = if has("EF_CREATES_FD") {
        0
    } else {
        definition.params.iter().position(|param| matches!(param.param_type, ParamType::Fd))?
    };
    let number = event.number_param(definition.params.get(index)?.name)?;
    if number < 0 {
        return None;
    }
    if let Some(found) = addressed(enriched, number) {
        return Some(found);
    }
    if let Some(facts) = event.descriptor_facts() {
        return Some(described(number, facts));
    }
    let link = enriched.descriptor_link(number);
    Some(match link {
        Some(link) => {
            let kind = Kind::of_link(&link);
            let name = if kind == Kind::File { link } else { Vec::new() };
            Descriptor::new(number, kind, Cow::Owned(name))
        }
        None => Descriptor::new(number, Kind::Other, Cow::Borrowed(b"")),
    })
}

/// A connection from its client to its server, and whether this end is the server. Who began it is
/// not told: a server has the smaller port.
fn oriented<'e>(here: (IpAddr, u16), there: (IpAddr, u16), is_listening: bool) -> (Tuple<'e>, bool) {
    let is_server = is_listening || (here.1 != 0 && here.1 < there.1);
    let (source, destination) = if is_server { (there, here) } else { (here, there) };
    (Tuple::Ip { source, destination }, is_server)
}

/// A descriptor as the probe found it.
fn described<'e>(number: i64, facts: DescriptorFacts<'e>) -> Descriptor<'e> {
    let kind = match facts.letter {
        b'f' => Kind::File,
        b'd' => Kind::Directory,
        b'4' => Kind::Ipv4,
        b'6' => Kind::Ipv6,
        b'u' => Kind::Unix,
        b'p' => Kind::Pipe,
        b'e' => Kind::EventFd,
        b'l' => Kind::Epoll,
        b's' => Kind::SignalFd,
        b't' => Kind::TimerFd,
        b'i' => Kind::Inotify,
        _ => Kind::Other,
    };
    match Tuple::parse(facts.name).filter(|_| matches!(kind, Kind::Ipv4 | Kind::Ipv6 | Kind::Unix)) {
        Some(Tuple::Ip { source: here, destination: there }) => {
            let (tuple, is_server) = oriented(here, there, facts.is_listening);
            let ends = match tuple {
                Tuple::Ip { source, destination } => Some(Ends { client: Some(source), server: destination }),
                Tuple::Unix { .. } => None,
            };
            Descriptor {
                ends,
                connected: Some(facts.is_connected),
                is_server,
                ..Descriptor::new(number, kind, Cow::Owned(tuple.text()))
            }
        }
        Some(tuple @ Tuple::Unix { .. }) => Descriptor {
            connected: Some(facts.is_connected),
            is_server: facts.is_listening,
            ..Descriptor::new(number, kind, Cow::Owned(tuple.text()))
        },
        None => {
            let name = facts.name.strip_suffix(&[0]).unwrap_or(facts.name);
            let is_path = matches!(kind, Kind::File | Kind::Directory);
            Descriptor::new(number, kind, Cow::Borrowed(if is_path { name } else { b"" }))
        }
    }
}

/// `fd.directory` of a path.
pub(crate) fn directory_of<'d>(descriptor: &'d Descriptor<'_>) -> Option<&'d [u8]> {
    match descriptor.kind {
        Kind::Directory => Some(&*descriptor.name),
        Kind::File => Some(path::directory(&descriptor.name)),
        _ => None,
    }
}
