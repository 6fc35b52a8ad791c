//! Parameters as text, the way Falco prints them: `fd=3(<f>/etc/passwd) flags=1(O_RDONLY)`.
//!
//! A parameter has a plain text and perhaps a resolved one: a number and its flags, a descriptor
//! and what it leads to, a pid and its name. `evt.args` shows both, `evt.arg` the resolved one.

use event::{Event, FlagTable, ParamDefinition, ParamFormat, ParamType, UnixNs, Value, flags};

use crate::{
    Enriched,
    descriptor::{AT_FDCWD, is_open},
    socket::{Address, Tuple},
    texts::local_time,
};

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
pub(crate) fn arguments(enriched: &Enriched<'_>) -> Vec<u8> {
    let mut line = Vec::new();
    let Some(definition) = enriched.event.definition() else { return line };
    for (index, param) in definition.params.iter().enumerate() {
        let Some(text) = parameter(enriched, index) else { break };
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
pub(crate) fn parameter(enriched: &Enriched<'_>, index: usize) -> Option<Text> {
    let event = enriched.event;
    let definition = event.definition()?.params.get(index)?;
    let bytes = event.params.get(index)?;
    Some(text_of(enriched, definition, bytes, index))
}

fn text_of(enriched: &Enriched<'_>, definition: &ParamDefinition, bytes: &[u8], index: usize) -> Text {
    let Some(number) = number(definition.param_type, bytes) else {
        return text_of_bytes(enriched, definition, bytes, index);
    };
    let plain = format_number(number, definition);
    match definition.param_type {
        ParamType::Fd | ParamType::Fd32 => Text::both(plain, descriptor(enriched, number, index)),
        ParamType::Errno if number < 0 => Text::both(plain, errno(number)),
        ParamType::Pid | ParamType::Pid32 => Text::both(plain, process_name(enriched, number)),
        ParamType::Uid | ParamType::Gid => {
            // An unset id is printed as -1.
            let unset = number == i64::from(u32::MAX) || number == -1;
            let plain = if unset { "-1".to_owned() } else { plain };
            Text::both(
                plain,
                if unset { b"<NONE>".to_vec() } else { owner(enriched, definition.param_type, number) },
            )
        }
        ParamType::Flags8 | ParamType::Flags16 | ParamType::Flags32 | ParamType::Mode => {
            let plain = if definition.param_type == ParamType::Mode { plain } else { number.to_string() };
            Text::both(plain, definition.table.map(|table| flag_names(table, number)).unwrap_or_default())
        }
        ParamType::Enumflags8 | ParamType::Enumflags16 | ParamType::Enumflags32 => Text::both(
            number.to_string(),
            definition.table.map(|table| enum_names(table, number)).unwrap_or_default(),
        ),
        ParamType::Sigtype => Text::both(plain, signal(number)),
        ParamType::Abstime => {
            let time = UnixNs(number.cast_unsigned());
            Text::plain(local_time(time, "%Y-%m-%d %H:%M:%S%.9f").unwrap_or(plain))
        }
        _ => Text::plain(plain),
    }
}

fn text_of_bytes(enriched: &Enriched<'_>, definition: &ParamDefinition, bytes: &[u8], index: usize) -> Text {
    let stripped = bytes.strip_suffix(&[0]).unwrap_or(bytes);
    match definition.param_type {
        ParamType::Charbuf | ParamType::Fspath | ParamType::Fsrelpath if bytes.is_empty() => {
            Text::plain("<NA>")
        }
        ParamType::Charbuf => Text::plain(stripped),
        ParamType::Fspath | ParamType::Fsrelpath => {
            Text::both(stripped, relative_path(enriched, definition, stripped, index))
        }
        ParamType::Socktuple => {
            Text::plain(Tuple::parse(bytes).map(|tuple| tuple.text()).unwrap_or_default())
        }
        ParamType::Sockaddr => {
            Text::plain(Address::parse(bytes).map(|address| address.text()).unwrap_or_default())
        }
        ParamType::Dyn => match bytes.split_first() {
            Some((variant, rest)) => match definition.variants.get(usize::from(*variant)) {
                Some(variant) => text_of(enriched, variant, rest, usize::MAX),
                None => Text::default(),
            },
            None => Text::default(),
        },
        ParamType::Ipv4addr | ParamType::Ipv6addr => match bytes {
            [a, b, c, d] => Text::plain(format!("{a}.{b}.{c}.{d}")),
            _ => Text::default(),
        },
        // Buffers, and lists of texts: a dot for what cannot be printed, the separators included.
        _ => Text::plain(printable(bytes)),
    }
}

/// What a relative path leads to.
fn relative_path(enriched: &Enriched<'_>, definition: &ParamDefinition, raw: &[u8], index: usize) -> Vec<u8> {
    if raw.is_empty() || raw.first() == Some(&b'/') || index == usize::MAX {
        return Vec::new();
    }
    let event = enriched.event;
    if is_open(event.code)
        && let Some(descriptor) = enriched.descriptor()
    {
        return descriptor.name.to_vec();
    }
    let directory = definition.relative_to_param.and_then(|index| {
        let directory = event.definition()?.params.get(usize::from(index))?;
        event.number_param(directory.name)
    });
    // The bytes outlive this call: they are the event's.
    let Some(raw) = event.params.get(index) else { return Vec::new() };
    enriched.absolute(raw.strip_suffix(&[0]).unwrap_or(raw), directory, None).into_owned()
}

/// What a descriptor parameter leads to; an errno when the call failed.
fn descriptor(enriched: &Enriched<'_>, number: i64, index: usize) -> Vec<u8> {
    // The first parameter may be a result; a directory is AT_FDCWD or a descriptor.
    if number == AT_FDCWD && index > 0 {
        return b"AT_FDCWD".to_vec();
    }
    if number < 0 {
        return errno(number);
    }
    if let Some(descriptor) = enriched.descriptor().filter(|descriptor| descriptor.number == number) {
        let is_unknown = descriptor.kind.name().is_none() && descriptor.name.is_empty();
        return if is_unknown { Vec::new() } else { descriptor.tagged(enriched.protocol()) };
    }
    match enriched.descriptor_link(number) {
        Some(link) if link.first() == Some(&b'/') => [&b"<f>"[..], &link].concat(),
        _ => Vec::new(),
    }
}

/// Name of a process by its pid, as far as it is known.
fn process_name(enriched: &Enriched<'_>, pid: i64) -> Vec<u8> {
    let process = u32::try_from(pid)
        .ok()
        .filter(|pid| *pid > 0)
        .and_then(|pid| enriched.enricher.processes.by_pid(pid));
    process.and_then(|process| process.image.as_ref()).map(|image| image.comm.to_vec()).unwrap_or_default()
}

fn owner(enriched: &Enriched<'_>, param_type: ParamType, id: i64) -> Vec<u8> {
    let Ok(id) = u32::try_from(id) else { return Vec::new() };
    let name = enriched.users().and_then(|users| match param_type {
        ParamType::Gid => users.group(id).map(<[u8]>::to_vec),
        _ => users.user(id).map(|user| user.name.to_vec()),
    });
    name.unwrap_or_else(|| if id == 0 { b"root".to_vec() } else { Vec::new() })
}

/// `ENOENT` of -2.
pub(crate) fn errno(number: i64) -> Vec<u8> {
    name_of(&flags::ERRNO, -number).unwrap_or_default()
}

fn signal(number: i64) -> Vec<u8> {
    name_of(&flags::SIGNALS, number).unwrap_or_default()
}

fn name_of(table: &FlagTable, value: i64) -> Option<Vec<u8>> {
    table.entries.iter().find(|(_, entry)| *entry == value).map(|(name, _)| name.as_bytes().to_vec())
}

/// Names of the flags in a mask, as Falco finds them: in table order, each one's bits taken away
/// (`O_RDWR` is both `O_RDONLY` and `O_WRONLY`), up to an entry that is the whole mask.
pub(crate) fn flag_names(table: &FlagTable, mask: i64) -> Vec<u8> {
    let mut names: Vec<&str> = Vec::new();
    let mut rest = mask;
    for (name, value) in table.entries {
        if *value == mask {
            names.push(name);
            break;
        }
        if *value != 0 && rest != 0 && rest & value == *value {
            names.push(name);
            rest &= !value;
        }
    }
    names.join("|").into_bytes()
}

/// All names of a value: some have two.
fn enum_names(table: &FlagTable, value: i64) -> Vec<u8> {
    let names: Vec<&str> =
        table.entries.iter().filter(|(_, entry)| *entry == value).map(|(name, _)| *name).collect();
    names.join("|").into_bytes()
}

fn format_number(number: i64, definition: &ParamDefinition) -> String {
    match definition.format {
        ParamFormat::Hex => format!("{number:X}"),
        ParamFormat::Oct if number == 0 => "0".to_owned(),
        ParamFormat::Oct => format!("0{number:o}"),
        _ if definition.param_type == ParamType::Uint64 => number.cast_unsigned().to_string(),
        ParamFormat::Dec | ParamFormat::Na => number.to_string(),
    }
}

fn printable(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| if (0x20..0x7f).contains(byte) { *byte } else { b'.' }).collect()
}

/// The number in a parameter of a number type; `None` for others and for a wrong width.
pub(crate) fn number(param_type: ParamType, bytes: &[u8]) -> Option<i64> {
    use ParamType as T;
    let signed = match param_type {
        T::Int16 | T::Int32 | T::Int64 | T::Fd | T::Fd32 | T::Errno | T::Pid | T::Pid32 => true,
        T::Uint8
        | T::Uint16
        | T::Uint32
        | T::Uint64
        | T::Uid
        | T::Gid
        | T::Flags8
        | T::Flags16
        | T::Flags32 => false,
        T::Enumflags8 | T::Enumflags16 | T::Enumflags32 | T::Mode | T::Sigtype | T::Sigset => false,
        T::Reltime | T::Abstime | T::Port | T::Syscallid => false,
        _ => return None,
    };
    Some(match *bytes {
        [a] if signed => i64::from(a.cast_signed()),
        [a] => i64::from(a),
        [a, b] if signed => i64::from(i16::from_le_bytes([a, b])),
        [a, b] => i64::from(u16::from_le_bytes([a, b])),
        [a, b, c, d] if signed => i64::from(i32::from_le_bytes([a, b, c, d])),
        [a, b, c, d] => i64::from(u32::from_le_bytes([a, b, c, d])),
        [a, b, c, d, e, f, g, h] => i64::from_le_bytes([a, b, c, d, e, f, g, h]),
        _ => return None,
    })
}

/// `evt.rawarg`: the value itself.
pub(crate) fn raw<'e>(event: &Event<'e>, index: usize) -> Option<Value<'e>> {
    let definition = event.definition()?.params.get(index)?;
    let bytes = event.params.get(index)?;
    if let Some(number) = number(definition.param_type, bytes) {
        use ParamType as T;
        let signed = matches!(
            definition.param_type,
            T::Int16 | T::Int32 | T::Int64 | T::Fd | T::Fd32 | T::Errno | T::Pid | T::Pid32
        );
        return Some(if signed { Value::Int(number) } else { Value::Uint(number.cast_unsigned()) });
    }
    match definition.param_type {
        ParamType::Charbuf | ParamType::Fspath | ParamType::Fsrelpath if !bytes.is_empty() => {
            Some(Value::text(bytes.strip_suffix(&[0]).unwrap_or(bytes)))
        }
        ParamType::Charbuf | ParamType::Fspath | ParamType::Fsrelpath => None,
        _ => Some(Value::Bytes(bytes.into())),
    }
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
