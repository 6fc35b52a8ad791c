//! Parameters as text, byte for byte as libsinsp writes them.
//!
//! A parameter has a plain text and perhaps a resolved one: a number and its flags, a descriptor
//! and what it leads to, a pid and its name. `evt.args` shows both, `evt.arg` the resolved one.

use event::{FlagTable, ParamDefinition, ParamFormat, ParamType, UnixNs, event_code, flags};

use super::{
    Replayed,
    args::{Args, until_nul},
    descriptor::{Fd, Protocol},
    files::AT_FDCWD,
    paths::{concatenate, sanitized},
    socket_text::{address_text, tuple_text},
    syscall_names::syscall_name,
};
use crate::{limits::LISTED_DESCRIPTORS_MAX, texts::local_time};

/// One parameter as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) plain: Vec<u8>,
    pub(crate) resolved: Vec<u8>,
}

impl Text {
    fn plain(text: impl Into<Vec<u8>>) -> Text {
        Text { plain: text.into(), resolved: Vec::new() }
    }

    fn both(plain: impl Into<Vec<u8>>, resolved: impl Into<Vec<u8>>) -> Text {
        Text { plain: plain.into(), resolved: resolved.into() }
    }

    /// What `evt.arg` shows.
    pub(crate) fn shown(self) -> Vec<u8> {
        if self.resolved.is_empty() { self.plain } else { self.resolved }
    }
}

/// `evt.args`: all parameters.
pub(crate) fn arguments(e: &Replayed<'_>) -> Vec<u8> {
    let mut line = Vec::new();
    let Some(definition) = e.event.definition().filter(|_| e.event.code != event_code::GENERIC_X) else {
        return line;
    };
    for (index, param) in definition.params.iter().enumerate().take(e.event.params.len()) {
        let Some(text) = parameter(e, index) else { break };
        if index > 0 {
            line.push(b' ');
        }
        line.extend_from_slice(param.name.as_bytes());
        line.push(b'=');
        line.extend_from_slice(&text.plain);
        if !text.resolved.is_empty() {
            line.push(b'(');
            line.extend_from_slice(&text.resolved);
            line.push(b')');
        }
    }
    line
}

/// One parameter; `None` when the event has fewer.
pub(crate) fn parameter(e: &Replayed<'_>, index: usize) -> Option<Text> {
    let definition = e.event.definition()?.params.get(index)?;
    let bytes = e.event.params.get(index)?;
    Some(text_of(e, definition, bytes, definition.format))
}

fn text_of(e: &Replayed<'_>, definition: &ParamDefinition, bytes: &[u8], format: ParamFormat) -> Text {
    use ParamType as T;
    if bytes.is_empty() {
        return Text::plain(match definition.param_type {
            T::Bytebuf | T::Socktuple | T::Fdlist | T::Charbufarray | T::CharbufPairArray | T::Dyn => {
                &b"NULL"[..]
            }
            _ => b"<NA>",
        });
    }
    match definition.param_type {
        T::Charbuf => Text::plain(until_nul(bytes)),
        T::Fspath | T::Fsrelpath => path(e, definition, until_nul(bytes)),
        T::Bytebuf => Text::plain(dotted(bytes)),
        T::Socktuple => Text::plain(tuple_text(bytes)),
        T::Sockaddr => Text::plain(address_text(bytes)),
        T::Fdlist => Text::plain(descriptor_list(e, bytes)),
        T::Dyn => match bytes.split_first() {
            Some((variant, rest)) => match definition.variants.get(usize::from(*variant)) {
                Some(variant) => text_of(e, variant, rest, format),
                None => Text::plain("INVALID DYNAMIC PARAMETER"),
            },
            None => Text::default(),
        },
        T::Charbufarray | T::CharbufPairArray | T::Ipv4addr | T::Ipv6addr | T::Port => Text::plain("(n.a.)"),
        _ => number_text(e, definition, bytes, format),
    }
}

fn number_text(e: &Replayed<'_>, definition: &ParamDefinition, bytes: &[u8], format: ParamFormat) -> Text {
    use ParamType as T;
    let mut wide = [0u8; 8];
    match wide.get_mut(..bytes.len()) {
        Some(place) => place.copy_from_slice(bytes),
        None => return Text::default(),
    }
    let unsigned = u64::from_le_bytes(wide);
    let signed = signed(bytes, unsigned);
    match definition.param_type {
        T::Fd | T::Fd32 => Text::both(signed.to_string(), descriptor(e, signed)),
        T::Errno => {
            let name = if signed < 0 { errno(signed) } else { b"" };
            Text::both(signed.to_string(), name)
        }
        T::Pid | T::Pid32 => {
            let named = e.replayer.threads.find(signed).map(|thread| thread.program.comm.to_vec());
            Text::both(signed.to_string(), named.unwrap_or_default())
        }
        T::Uid | T::Gid => owner(e, definition.param_type, super::args::low_u32(unsigned)),
        T::Flags8 | T::Flags16 | T::Flags32 => {
            Text::both(unsigned.to_string(), names_of(definition.table, unsigned, flag_names))
        }
        T::Mode => Text::both(
            formatted(unsigned, signed, bytes.len(), format),
            names_of(definition.table, unsigned, mode_names),
        ),
        T::Enumflags8 | T::Enumflags16 | T::Enumflags32 => {
            Text::both(unsigned.to_string(), names_of(definition.table, unsigned, enum_names))
        }
        T::Sigtype => Text::both(unsigned.to_string(), signal(unsigned)),
        T::Sigset => Text::plain(signal_set(unsigned)),
        T::Syscallid => match syscall_name(unsigned) {
            Some(name) => Text::both(unsigned.to_string(), name),
            None => Text::plain("<unknown syscall>"),
        },
        T::Reltime if unsigned == u64::MAX => Text::plain("none"),
        T::Reltime => Text::both(unsigned.to_string(), seconds(unsigned)),
        T::Abstime => Text::plain(local_time(UnixNs(unsigned), "%Y-%m-%d %H:%M:%S%.9f").unwrap_or_default()),
        _ => Text::plain(formatted(unsigned, signed, bytes.len(), format)),
    }
}

/// Sign-extended from its width.
fn signed(bytes: &[u8], unsigned: u64) -> i64 {
    let shift = 64u32.saturating_sub(8 * u32::try_from(bytes.len()).unwrap_or(8));
    unsigned.checked_shl(shift).map_or(0, |high| high.cast_signed() >> shift)
}

/// libsinsp prints unsigned numbers as signed ones, except in hexadecimal and octal.
fn formatted(unsigned: u64, signed: i64, width: usize, format: ParamFormat) -> String {
    let _ = width;
    match format {
        ParamFormat::Hex => format!("{unsigned:X}"),
        ParamFormat::Oct if unsigned == 0 => "0".to_owned(),
        ParamFormat::Oct => format!("0{unsigned:o}"),
        _ => signed.to_string(),
    }
}

fn path(e: &Replayed<'_>, definition: &ParamDefinition, raw: &[u8]) -> Text {
    let shown = sanitized(raw);
    let Some(thread_directory) = e.directory() else { return Text::plain(shown) };
    if raw.is_empty() || raw.first() == Some(&b'/') || raw == b"<NA>" {
        return Text::plain(shown);
    }
    let directory = definition
        .relative_to_param
        .filter(|_| definition.param_type == ParamType::Fsrelpath)
        .map(|index| Args::of(e.event).i64(usize::from(index)));
    let base = match directory {
        None | Some(AT_FDCWD) => thread_directory.to_vec(),
        Some(number) => match e.fd_number(number) {
            Some(_) => e.replayer.base_directory(e.slot, raw, number),
            None => Vec::new(),
        },
    };
    Text::both(shown, sanitized(&concatenate(&base, raw)))
}

/// What a descriptor leads to, with its kind: `<4t>1.2.3.4:5->6.7.8.9:10`; an error's name.
fn descriptor(e: &Replayed<'_>, number: i64) -> Vec<u8> {
    if e.thread.is_none() {
        return Vec::new();
    }
    if number >= 0 {
        return e.fd_number(number).map(tagged).unwrap_or_default();
    }
    if number == AT_FDCWD { b"AT_FDCWD".to_vec() } else { errno(number).to_vec() }
}

fn tagged(fd: &Fd) -> Vec<u8> {
    let protocol = match fd.protocol() {
        Protocol::Tcp => "t",
        Protocol::Udp => "u",
        Protocol::Icmp => "i",
        Protocol::Raw => "r",
        _ => "",
    };
    let protocol = if fd.kind.is_ip() { protocol } else { "" };
    let mut text = format!("<{}{protocol}>", fd.kind.letter()).into_bytes();
    text.extend_from_slice(&sanitized(fd.name()));
    text
}

/// `3:f1 4:p4`: numbers, kinds and events that are waited for.
fn descriptor_list(e: &Replayed<'_>, bytes: &[u8]) -> String {
    let mut text = String::new();
    if e.thread.is_none() {
        return text;
    }
    for (number, events) in listed(bytes) {
        let letter = e.fd_number(number).map_or("?", |fd| fd.kind.letter());
        if !text.is_empty() {
            text.push(' ');
        }
        let events = i32::from(events).cast_unsigned();
        text.push_str(&format!("{}:{letter}{events:x}", number.cast_unsigned()));
    }
    text
}

/// The descriptors of a poll, and the events that are waited for.
pub(crate) fn listed(bytes: &[u8]) -> impl Iterator<Item = (i64, i16)> {
    let (count, rest) = match bytes.split_first_chunk::<2>() {
        Some((count, rest)) => (usize::from(u16::from_le_bytes(*count)), rest),
        None => (0, bytes),
    };
    let entries = rest.chunks_exact(10).take(count.min(LISTED_DESCRIPTORS_MAX));
    entries.filter_map(|entry| {
        let (number, events) = entry.split_first_chunk::<8>()?;
        let events = events.first_chunk::<2>()?;
        Some((i64::from_le_bytes(*number), i16::from_le_bytes(*events)))
    })
}

fn owner(e: &Replayed<'_>, param_type: ParamType, id: u32) -> Text {
    if id == u32::MAX {
        return Text::both("-1", "<NONE>");
    }
    let container = e.container_id();
    let names = &e.replayer.names;
    let name = e.thread.and_then(|_| match param_type {
        ParamType::Gid => names.group(container, id),
        _ => names.user(container, id).map(|user| &*user.name),
    });
    Text::both(id.cast_signed().to_string(), name.unwrap_or(b"<NA>"))
}

/// `ENOENT` of -2.
pub(crate) fn errno(number: i64) -> &'static [u8] {
    let wanted = number.unsigned_abs();
    let mut all = flags::ERRNO.entries.iter();
    all.find(|(_, value)| value.unsigned_abs() == wanted).map_or(b"", |(name, _)| name.as_bytes())
}

fn signal(number: u64) -> &'static [u8] {
    let mut all = flags::SIGNALS.entries.iter();
    let found = all.find(|(_, value)| u64::try_from(*value) == Ok(number));
    found.map_or(b"", |(name, _)| name.as_bytes())
}

fn signal_set(mask: u64) -> Vec<u8> {
    let set = (0u64..32).filter(|bit| mask & (1 << bit) != 0).map(|bit| signal(bit + 1));
    set.filter(|name| !name.is_empty()).collect::<Vec<_>>().join(&b' ')
}

fn names_of(table: Option<&FlagTable>, value: u64, how: fn(&FlagTable, u64) -> String) -> String {
    table.map(|table| how(table, value)).unwrap_or_default()
}

fn entries(table: &FlagTable) -> impl Iterator<Item = (&'static str, u64)> {
    table.entries.iter().map(|(name, value)| (*name, value.cast_unsigned() & 0xffff_ffff))
}

/// Each entry's bits are taken away as it is found, up to one that is the whole mask.
fn flag_names(table: &FlagTable, mask: u64) -> String {
    let mut names: Vec<&str> = Vec::new();
    let mut rest = mask;
    for (name, value) in entries(table) {
        let is_zero = value == 0 && mask == 0;
        let is_set = value != 0 && rest & value == value && rest != 0;
        if is_zero || is_set {
            rest &= !value;
            names.push(name);
            if value == mask {
                break;
            }
        }
    }
    names.join("|")
}

/// As for flags, but an entry that is the whole mask is written even when its bits are gone.
fn mode_names(table: &FlagTable, mask: u64) -> String {
    let mut names: Vec<&str> = Vec::new();
    let mut rest = mask;
    for (name, value) in entries(table) {
        if value == mask {
            names.push(name);
            break;
        }
        if value != 0 && rest & value == value && rest != 0 {
            rest &= !value;
            names.push(name);
        }
    }
    names.join("|")
}

/// All names of a value: some have two.
fn enum_names(table: &FlagTable, value: u64) -> String {
    let names: Vec<&str> =
        entries(table).filter(|(_, entry)| *entry == value).map(|(name, _)| name).collect();
    names.join("|")
}

/// Bytes as text, with dots for what cannot be printed.
pub(crate) fn dotted(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| if (0x20..0x7f).contains(byte) { *byte } else { b'.' }).collect()
}

/// Seconds as C's `%g` prints them: six significant digits.
fn seconds(ns: u64) -> String {
    let exact = ns as f64 / 1e9;
    if exact == 0.0 {
        return "0s".into();
    }
    let exponent = exact.abs().log10().floor();
    if (-4.0..6.0).contains(&exponent) {
        let decimals = (5.0 - exponent).max(0.0) as usize;
        let text = format!("{exact:.decimals$}");
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        return format!("{text}s");
    }
    let text = format!("{exact:.5e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa =
        if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    format!("{mantissa}e{sign}{digits:0>2}s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_signed_unless_they_are_hexadecimal() {
        let check = |bytes: &[u8], format, expected: &str| {
            let mut wide = [0u8; 8];
            wide[..bytes.len()].copy_from_slice(bytes);
            let unsigned = u64::from_le_bytes(wide);
            assert_eq!(formatted(unsigned, signed(bytes, unsigned), bytes.len(), format), expected);
        };
        check(&[0xff, 0xff, 0xff, 0xff], ParamFormat::Dec, "-1");
        check(&[0xff, 0xff, 0xff, 0xff], ParamFormat::Hex, "FFFFFFFF");
        check(&[0xff, 0x01], ParamFormat::Oct, "0777");
        check(&[200], ParamFormat::Dec, "-56");
    }

    #[test]
    fn seconds_have_six_digits() {
        assert_eq!(seconds(1_500_000_000), "1.5s");
        assert_eq!(seconds(0), "0s");
        assert_eq!(seconds(1), "1e-09s");
        assert_eq!(seconds(100_000), "0.0001s");
        assert_eq!(seconds(123_456_789_000_000), "123457s");
        assert_eq!(seconds(1_234_567_890_000_000), "1.23457e+06s");
    }

    #[test]
    fn flags_are_named_in_table_order() {
        assert_eq!(flag_names(&flags::FILE_FLAGS, 3), "O_RDWR");
        assert_eq!(flag_names(&flags::FILE_FLAGS, 4097), "O_RDONLY|O_CLOEXEC");
        assert_eq!(flag_names(&flags::FILE_FLAGS, 0), "O_NONE");
        assert_eq!(enum_names(&flags::SOCKET_FAMILIES, 1), "AF_LOCAL|AF_UNIX");
    }
}
