//! The content of an event block: CPU, perhaps flags, the event's header and its parameters.

use event::{EVENTS, EventCode, event_code};

use super::fields::Fields;
use crate::{block::EventLayout, meta::Meta};

/// The fields of an event block, its parameters still as they lie there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub(super) cpu: u16,
    pub(super) flags: u32,
    pub(super) timestamp: u64,
    pub(super) tid: u64,
    pub(super) code: EventCode,
    pub(super) param_count: usize,
    /// Where lengths and values begin in the content.
    pub(super) body_start: usize,
    /// Their length.
    pub(super) body_bytes: usize,
    pub(super) meta: Meta,
}

/// What an event block holds.
pub(super) enum Parsed {
    Event(Header),
    /// An event that only later releases know: libscap skips it.
    Unknown,
    Fault(&'static str),
}

/// ns, tid, length, code: the header that every version has.
const HEADER_BYTES: usize = 22;

/// Reads the content of an event block.
pub(super) fn parse(content: &[u8], layout: EventLayout) -> Parsed {
    let short = Parsed::Fault("too short for an event");
    let mut fields = Fields::new(content);
    let Some(cpu) = fields.u16() else { return short };
    let flags = if layout.has_flags { fields.u32() } else { Some(0) };
    let (Some(flags), Some(timestamp), Some(tid), Some(length), Some(code)) =
        (flags, fields.u64(), fields.u64(), fields.u32(), fields.u16())
    else {
        return short;
    };
    let code = EventCode(code);
    let Some(meta) = Meta::of(code) else { return Parsed::Unknown };
    let mut length = length as usize;
    let mut header_bytes = HEADER_BYTES;
    let mut told_count = None;
    if layout.has_param_count {
        let Some(count) = fields.u32() else { return short };
        header_bytes = header_bytes.saturating_add(4);
        told_count = Some(count as usize);
    } else if code == event_code::NOTIFICATION_E || code == event_code::INFRASTRUCTURE_EVENT_E {
        // Old releases wrote these three bytes too long.
        length = length.saturating_sub(3);
    }
    let Some(body_bytes) = length.checked_sub(header_bytes) else {
        return Parsed::Fault("an event shorter than its header");
    };
    let body_start = fields.taken();
    let Some(body) = fields.bytes(body_bytes) else { return Parsed::Fault("an event longer than its block") };
    let param_count = match told_count {
        Some(count) if count > body.len() => return Parsed::Fault("more parameters than bytes"),
        Some(count) => count,
        None => match count_params(body, code, meta) {
            Some(count) => count,
            None => return Parsed::Fault("lengths of parameters that do not add up"),
        },
    };
    Parsed::Event(Header { cpu, flags, timestamp, tid, code, param_count, body_start, body_bytes, meta })
}

/// Old captures do not tell the number of parameters: it is the largest one, up to that of the
/// event table, with which lengths and values fill the event exactly.
fn count_params(body: &[u8], code: EventCode, meta: Meta) -> Option<usize> {
    let known = EVENTS.get(usize::from(code.0)).map_or(0, |row| row.params.len());
    let width = if meta.is_large { 4 } else { 2 };
    (0..=known).rev().find(|count| {
        let Some(lengths) = body.get(..count.saturating_mul(width)) else { return false };
        let values: usize = lengths
            .chunks_exact(width)
            .map(|bytes| match *bytes {
                [low, high] => usize::from(u16::from_le_bytes([low, high])),
                [a, b, c, d] => u32::from_le_bytes([a, b, c, d]) as usize,
                _ => 0,
            })
            .sum();
        values.saturating_add(lengths.len()) == body.len()
    })
}
