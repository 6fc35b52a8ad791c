//! One event and its parameters, borrowed from a ring buffer or a capture.

use crate::{EventCode, EventDefinition, Extra, KernelContext, Tid, UnixNs};

/// A decoded event. Parameters stay bytes until someone asks.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// Counts from 1 (`evt.num`).
    pub number: u64,
    /// When it happened.
    pub timestamp: UnixNs,
    /// The calling thread.
    pub tid: Tid,
    /// CPU it happened on.
    pub cpu: u16,
    /// What happened.
    pub code: EventCode,
    /// Its parameters, in the order of the event table.
    pub params: Params<'a>,
    /// Present on live events.
    pub context: Option<KernelContext>,
}

impl<'a> Event<'a> {
    /// The row of the event table.
    pub fn definition(&self) -> Option<&'static EventDefinition> {
        self.code.definition()
    }

    /// The event's name as rules write it: of a generic event, the call that it stands for.
    pub fn name(&self) -> &'static str {
        if self.code == crate::event_code::GENERIC_X {
            let code = self.number_param("ID").and_then(|code| u16::try_from(code).ok());
            return code.and_then(crate::syscall_name).unwrap_or("unknown");
        }
        self.code.name()
    }

    /// The parameter with this name, if the event has one.
    pub fn param(&self, name: &str) -> Option<&'a [u8]> {
        let definition = self.definition()?;
        let index = definition.params.iter().position(|param| param.name == name)?;
        self.params.get(index)
    }

    /// A numeric parameter by name, sign-extended from its width; unsigned types that exceed
    /// `i64` wrap.
    pub fn number_param(&self, name: &str) -> Option<i64> {
        let definition = self.definition()?;
        let index = definition.params.iter().position(|param| param.name == name)?;
        let bytes = self.params.get(index)?;
        Some(match *bytes {
            [a] => i64::from(a),
            [a, b] => i64::from(u16::from_le_bytes([a, b])),
            [a, b, c, d] => {
                let number = u32::from_le_bytes([a, b, c, d]);
                match definition.params.get(index)?.param_type {
                    crate::ParamType::Int32 | crate::ParamType::Fd32 => i64::from(number.cast_signed()),
                    _ => i64::from(number),
                }
            }
            [a, b, c, d, e, f, g, h] => i64::from_le_bytes([a, b, c, d, e, f, g, h]),
            _ => return None,
        })
    }

    /// A text parameter by name, without its final NUL.
    pub fn text_param(&self, name: &str) -> Option<&'a [u8]> {
        let bytes = self.param(name)?;
        Some(bytes.strip_suffix(&[0]).unwrap_or(bytes))
    }

    /// The kernel-resolved path of the opened file, if the probe sent one.
    pub fn resolved_path(&self) -> Option<&'a [u8]> {
        if !self.context?.has_resolved_path {
            return None;
        }
        let bytes = self.params.get(self.params.len().checked_sub(1)?)?;
        Some(bytes.strip_suffix(&[0]).unwrap_or(bytes))
    }
}

impl<'a> Event<'a> {
    /// The directory that the call's first relative path starts from, if the probe sent it.
    pub fn base_directory(&self) -> Option<&'a [u8]> {
        if self.context?.extra != Extra::Base {
            return None;
        }
        let bytes = self.params.get(self.params.len().checked_sub(1)?)?;
        Some(bytes.strip_suffix(&[0]).unwrap_or(bytes))
    }

    /// What the call's descriptor leads to, as the kernel had it at the event.
    pub fn descriptor_facts(&self) -> Option<DescriptorFacts<'a>> {
        if self.context?.extra != Extra::Descriptor {
            return None;
        }
        let name = self.params.len().checked_sub(1)?;
        let &[letter, protocol, bits] = self.params.get(name.checked_sub(1)?)? else { return None };
        Some(DescriptorFacts {
            letter,
            protocol,
            is_connected: bits & 1 != 0,
            is_listening: bits & 2 != 0,
            is_same_peer: bits & 4 != 0,
            name: self.params.get(name)?,
        })
    }
}

/// What a descriptor leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DescriptorFacts<'a> {
    /// Falco's letter (`fd.typechar`): `f` file, `d` directory, `4`, `6`, `u` sockets, `n` sockets
    /// of other families, `p` pipe, `e` eventfd, `l` epoll, `s` signalfd, `t` timerfd, `i` inotify,
    /// `o` others.
    pub letter: u8,
    /// Of sockets: `IPPROTO_*`; 6 is TCP, 17 is UDP.
    pub protocol: u8,
    /// A socket with an established connection, or a datagram socket with an address to send to.
    pub is_connected: bool,
    /// A socket that waits for connections.
    pub is_listening: bool,
    /// This message went where the socket's last one went.
    pub is_same_peer: bool,
    /// A path of files and directories, with a NUL; a SOCKTUPLE from here to there of sockets;
    /// empty for others.
    pub name: &'a [u8],
}

/// Parameters as they lie in a `.scap` event and in the ring buffer: `count` little-endian `u16`
/// lengths, then the bytes one after another. Events of a large payload have `u32` lengths.
#[derive(Debug, Clone, Copy)]
pub struct Params<'a> {
    lengths: &'a [u8],
    data: &'a [u8],
    is_wide: bool,
}

impl<'a> Params<'a> {
    /// Checks that the lengths add up within `bytes`.
    ///
    /// # Errors
    /// [`ParamError`] when `bytes` is too short for the lengths or for the data they announce.
    pub fn parse(count: usize, bytes: &'a [u8]) -> Result<Self, ParamError> {
        Params::parse_wide(count, bytes, false)
    }

    /// The same; `is_wide` tells that lengths are `u32`.
    ///
    /// # Errors
    /// [`ParamError`] when `bytes` is too short for the lengths or for the data they announce.
    pub fn parse_wide(count: usize, bytes: &'a [u8], is_wide: bool) -> Result<Self, ParamError> {
        let length_bytes = count.saturating_mul(if is_wide { 4 } else { 2 });
        let Some((lengths, data)) = bytes.split_at_checked(length_bytes) else {
            return Err(ParamError { wanted: length_bytes, found: bytes.len() });
        };
        let params = Params { lengths, data, is_wide };
        let wanted = (0..count).filter_map(|index| params.length(index)).fold(0, usize::saturating_add);
        if wanted > data.len() {
            return Err(ParamError { wanted, found: data.len() });
        }
        Ok(params)
    }

    /// Number of parameters.
    pub fn len(&self) -> usize {
        self.lengths.len() / if self.is_wide { 4 } else { 2 }
    }

    /// No parameters at all.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// The bytes of one parameter; `None` when the event has fewer, or when the parameter is
    /// empty where its type cannot be (the caller knows the type).
    pub fn get(&self, index: usize) -> Option<&'a [u8]> {
        let length = self.length(index)?;
        let start: usize = (0..index).filter_map(|before| self.length(before)).sum();
        self.data.get(start..start.checked_add(length)?)
    }

    /// The bytes [`Params::parse`] reads, with the parameters for which `keep` says no left empty.
    pub fn to_bytes(&self, keep: impl Fn(usize) -> bool) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.lengths.len().saturating_add(self.data.len()));
        for index in 0..self.len() {
            let length = self.get(index).filter(|_| keep(index)).map_or(0, <[u8]>::len);
            out.extend(u16::try_from(length).unwrap_or(0).to_le_bytes());
        }
        for index in (0..self.len()).filter(|index| keep(*index)) {
            out.extend(self.get(index).unwrap_or_default());
        }
        out
    }

    fn length(&self, index: usize) -> Option<usize> {
        if self.is_wide {
            let start = index.checked_mul(4)?;
            let bytes = self.lengths.get(start..start.checked_add(4)?)?;
            return Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize);
        }
        let start = index.checked_mul(2)?;
        match self.lengths.get(start..start.checked_add(2)?)? {
            &[low, high] => Some(usize::from(u16::from_le_bytes([low, high]))),
            _ => None,
        }
    }
}

/// An event whose lengths do not fit its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParamError {
    /// Bytes the lengths ask for.
    pub wanted: usize,
    /// Bytes there are.
    pub found: usize,
}

impl std::fmt::Display for ParamError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "event parameters need {} bytes, {} are there", self.wanted, self.found)
    }
}

impl std::error::Error for ParamError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_code;

    #[test]
    fn parameters_are_found_by_name() {
        // openat exit: fd, dirfd, name, flags, mode, dev, ino
        let mut bytes = Vec::new();
        for length in [8u16, 8, 5, 4, 4, 4, 8] {
            bytes.extend(length.to_le_bytes());
        }
        bytes.extend((-2i64).to_le_bytes());
        bytes.extend((-100i64).to_le_bytes());
        bytes.extend(b"/etc\0");
        bytes.extend(65u32.to_le_bytes());
        bytes.extend([0; 16]);
        let event = Event {
            number: 1,
            timestamp: UnixNs(0),
            tid: Tid(1),
            cpu: 0,
            code: event_code::SYSCALL_OPENAT_2_X,
            params: Params::parse(7, &bytes).unwrap(),
            context: None,
        };
        assert_eq!(event.number_param("fd"), Some(-2));
        assert_eq!(event.text_param("name"), Some(&b"/etc"[..]));
        assert_eq!(event.number_param("flags"), Some(65));
        assert_eq!(event.param("nosuch"), None);
    }

    #[test]
    fn parameters_survive_being_written() {
        let bytes = [2, 0, 1, 0, 1, 0, b'a', b'b', b'c', b'd'];
        let params = Params::parse(3, &bytes).unwrap();
        assert_eq!(params.to_bytes(|_| true), bytes);
        assert_eq!(params.to_bytes(|index| index != 1), [2, 0, 0, 0, 1, 0, b'a', b'b', b'd']);
    }

    #[test]
    fn short_events_are_refused() {
        assert!(Params::parse(2, &[1, 0]).is_err());
        assert!(Params::parse(1, &[4, 0, 1, 2]).is_err());
    }
}
