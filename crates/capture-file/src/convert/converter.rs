//! One event through the conversion table, until it is of today.
//!
//! Enter events are kept, one a thread, until their exit event wants their parameters: since
//! Falco 0.42 only exit events are handed on. Events of today pass without being copied.

use std::collections::HashMap;

use event::{EventCode, ParamType};

use super::table::{Action, Step, action};
use crate::{
    limits::{CONVERSIONS_MAX, ENTER_BYTES_MAX, ENTER_EVENTS_MAX},
    meta::Meta,
};

/// An event as it lies in a block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Raw<'a> {
    pub(crate) tid: u64,
    pub(crate) code: EventCode,
    /// Number of parameters that `body` has.
    pub(crate) param_count: usize,
    /// Lengths, then values.
    pub(crate) body: &'a [u8],
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is of today as it is.
    Unchanged,
    /// [`Converter::body`] holds it now.
    Converted {
        /// Its code now.
        code: EventCode,
        /// Its number of parameters now.
        param_count: usize,
    },
    /// Nobody is to see it.
    Dropped,
    /// Its lengths do not fit its bytes.
    Malformed,
}

/// Converts events of one capture, in its order.
#[derive(Debug, Default)]
pub(crate) struct Converter {
    /// The last enter event of each thread that waits for its exit.
    enters: HashMap<u64, Enter>,
    enter_bytes: usize,
    /// Enter events forgotten because too many waited.
    pub(crate) enters_forgotten: u64,
    body: Vec<u8>,
    previous: Vec<u8>,
    lengths: Vec<usize>,
}

#[derive(Debug)]
struct Enter {
    code: EventCode,
    param_count: usize,
    body: Vec<u8>,
    is_waiting: bool,
}

impl Converter {
    /// Converts one event.
    pub(crate) fn convert(&mut self, raw: Raw<'_>, meta: Meta) -> Outcome {
        if is_current(meta, raw.param_count) {
            return Outcome::Unchanged;
        }
        if !meta.is_managed {
            return if meta.is_old { Outcome::Dropped } else { Outcome::Unchanged };
        }
        self.chain(raw)
    }

    /// The bytes of the last converted event.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// Forgets all enter events: another section begins.
    pub(crate) fn clear(&mut self) {
        self.enters.clear();
        self.enter_bytes = 0;
    }

    fn chain(&mut self, raw: Raw<'_>) -> Outcome {
        let (mut code, mut param_count) = (raw.code, raw.param_count);
        let mut is_converted = false;
        for _ in 0..CONVERSIONS_MAX {
            let Some(meta) = Meta::of(code) else { return Outcome::Malformed };
            if !meta.is_enter && is_current(meta, param_count) {
                break;
            }
            let previous = std::mem::take(&mut self.previous);
            let source = if is_converted { &previous } else { raw.body };
            let current = Raw { tid: raw.tid, code, param_count, body: source };
            let next = self.step(current);
            self.previous = previous;
            match next {
                // Nothing is known for this number of parameters: missing ones stay missing.
                Next::Done => break,
                Next::Drop => return Outcome::Dropped,
                Next::Fault => return Outcome::Malformed,
                Next::Is(next_code, next_count) => (code, param_count) = (next_code, next_count),
            }
            is_converted = true;
            std::mem::swap(&mut self.body, &mut self.previous);
        }
        if is_converted {
            std::mem::swap(&mut self.body, &mut self.previous);
            Outcome::Converted { code, param_count }
        } else {
            Outcome::Unchanged
        }
    }

    /// One row of the table; the result goes to `self.body`.
    fn step(&mut self, raw: Raw<'_>) -> Next {
        match action(raw.code, raw.param_count) {
            None | Some(Action::Pass) => Next::Done,
            Some(Action::StoreAndPass) => {
                self.store(raw);
                Next::Done
            }
            Some(Action::Store) => {
                self.store(raw);
                Next::Drop
            }
            Some(Action::Add(steps)) => {
                let param_count = raw.param_count.saturating_add(steps.len());
                self.build(raw, raw.code, param_count, steps)
            }
            Some(Action::Become(code, steps)) => self.build(raw, code, steps.len(), steps),
            Some(Action::ContainerToJson) => self.container_to_json(raw),
        }
    }

    fn store(&mut self, raw: Raw<'_>) {
        let is_full = self.enter_bytes.saturating_add(raw.body.len()) > ENTER_BYTES_MAX
            || self.enters.len() >= ENTER_EVENTS_MAX && !self.enters.contains_key(&raw.tid);
        if is_full {
            self.enters_forgotten = self.enters_forgotten.saturating_add(self.enters.len() as u64);
            self.clear();
        }
        let enter = self.enters.entry(raw.tid).or_insert_with(|| Enter {
            code: raw.code,
            param_count: 0,
            body: Vec::new(),
            is_waiting: false,
        });
        self.enter_bytes = self.enter_bytes.saturating_sub(enter.body.len()).saturating_add(raw.body.len());
        enter.code = raw.code;
        enter.param_count = raw.param_count;
        enter.is_waiting = true;
        enter.body.clear();
        enter.body.extend_from_slice(raw.body);
    }

    /// Builds the event `code` of `param_count` parameters: for an appended one its own
    /// parameters come first, then those of `steps`.
    fn build(&mut self, raw: Raw<'_>, code: EventCode, param_count: usize, steps: &[Step]) -> Next {
        let (Some(meta), Some(definition)) = (Meta::of(code), code.definition()) else { return Next::Fault };
        let is_large_old = Meta::of(raw.code).is_some_and(|meta| meta.is_large);
        // The enter event must be the one of this exit: its code is one less.
        let enter = self
            .enters
            .get(&raw.tid)
            .filter(|enter| enter.is_waiting && enter.code.0.checked_add(1) == Some(raw.code.0));
        let mut values = std::mem::take(&mut self.body);
        values.clear();
        let mut lengths = std::mem::take(&mut self.lengths);
        lengths.clear();
        let kept = param_count.saturating_sub(steps.len());
        let mut is_enter_used = false;
        let mut is_whole = true;
        for index in 0..param_count {
            let start = values.len();
            let step = match index.checked_sub(kept) {
                Some(step) => steps.get(step).copied().unwrap_or(Step::Empty),
                None => Step::Old(u8::try_from(index).unwrap_or(u8::MAX)),
            };
            match step {
                Step::Old(of) => match param(raw.body, raw.param_count, is_large_old, of) {
                    Some(bytes) => values.extend_from_slice(bytes),
                    None => is_whole = false,
                },
                Step::Enter(of) | Step::EnterOrEmpty(of) => {
                    let from = enter.and_then(|enter| param(&enter.body, enter.param_count, false, of));
                    is_enter_used |= from.is_some();
                    match from {
                        Some(bytes) => values.extend_from_slice(bytes),
                        None if matches!(step, Step::Enter(_)) => {
                            default_value(definition, index, &mut values)
                        }
                        None => {}
                    }
                }
                Step::Zero => default_value(definition, index, &mut values),
                Step::Empty => {}
            }
            lengths.push(values.len().saturating_sub(start));
        }
        if is_enter_used && let Some(enter) = self.enters.get_mut(&raw.tid) {
            enter.is_waiting = false;
        }
        prepend_lengths(&mut values, &lengths, meta.is_large);
        self.body = values;
        self.lengths = lengths;
        if is_whole { Next::Is(code, param_count) } else { Next::Fault }
    }

    /// libs puts the parameters into a JSON text without escaping them; names and images of old
    /// captures need none.
    fn container_to_json(&mut self, raw: Raw<'_>) -> Next {
        let texts = [0u8, 2, 3].map(|index| {
            let bytes = param(raw.body, raw.param_count, false, index).unwrap_or_default();
            String::from_utf8_lossy(bytes.strip_suffix(&[0]).unwrap_or(bytes)).replace(['"', '\\'], "")
        });
        let kind = match param(raw.body, raw.param_count, false, 1) {
            Some(&[a, b, c, d]) => u32::from_le_bytes([a, b, c, d]),
            _ => 0,
        };
        let [id, name, image] = texts;
        let mut json =
            format!(r#"{{"id":"{id}","type":{kind},"name":"{name}","image":"{image}"}}"#).into_bytes();
        json.push(0);
        let lengths = [json.len()];
        prepend_lengths(&mut json, &lengths, false);
        self.body = json;
        Next::Is(event::event_code::CONTAINER_JSON_E, 1)
    }
}

enum Next {
    Is(EventCode, usize),
    Done,
    Drop,
    Fault,
}

fn is_current(meta: Meta, param_count: usize) -> bool {
    if meta.is_managed {
        !meta.is_enter && !meta.is_old && param_count == usize::from(meta.param_count)
    } else {
        !meta.is_old
    }
}

/// Puts the lengths before the values. Lengths of events that are not of a large kind are `u16`:
/// longer values are cut, as libscap does.
fn prepend_lengths(values: &mut Vec<u8>, lengths: &[usize], is_large: bool) {
    let width = if is_large { 4 } else { 2 };
    let head = lengths.len().saturating_mul(width);
    let total = values.len();
    values.resize(total.saturating_add(head), 0);
    values.copy_within(0..total, head);
    for (slot, length) in values.chunks_exact_mut(width).zip(lengths) {
        let length = u32::try_from(*length).unwrap_or(u32::MAX).to_le_bytes();
        for (to, from) in slot.iter_mut().zip(length) {
            *to = from;
        }
    }
}

/// The bytes of one parameter of an event's body.
fn param(body: &[u8], param_count: usize, is_large: bool, index: u8) -> Option<&[u8]> {
    let width = if is_large { 4 } else { 2 };
    let index = usize::from(index);
    if index >= param_count {
        return None;
    }
    let mut start = param_count.checked_mul(width)?;
    let mut lengths = body.get(..start)?.chunks_exact(width).map(|bytes| match *bytes {
        [low, high] => usize::from(u16::from_le_bytes([low, high])),
        [a, b, c, d] => u32::from_le_bytes([a, b, c, d]) as usize,
        _ => 0,
    });
    for _ in 0..index {
        start = start.checked_add(lengths.next()?)?;
    }
    body.get(start..start.checked_add(lengths.next()?)?)
}

/// The default of a parameter's type, as libscap's converter has it.
fn default_value(definition: &event::EventDefinition, index: usize, out: &mut Vec<u8>) {
    let Some(param) = definition.params.get(index) else { return };
    let zeros = match param.param_type {
        ParamType::Uid | ParamType::Gid => {
            out.extend_from_slice(&u32::MAX.to_le_bytes());
            return;
        }
        // A socket address of no family is the family's byte alone.
        ParamType::Uint8
        | ParamType::Flags8
        | ParamType::Enumflags8
        | ParamType::Sigtype
        | ParamType::Sockaddr => 1,
        ParamType::Int16
        | ParamType::Uint16
        | ParamType::Flags16
        | ParamType::Enumflags16
        | ParamType::Syscallid => 2,
        ParamType::Int32
        | ParamType::Uint32
        | ParamType::Flags32
        | ParamType::Enumflags32
        | ParamType::Mode
        | ParamType::Sigset => 4,
        ParamType::Int64
        | ParamType::Uint64
        | ParamType::Reltime
        | ParamType::Abstime
        | ParamType::Errno
        | ParamType::Fd
        | ParamType::Pid => 8,
        _ => 0,
    };
    out.resize(out.len().saturating_add(zeros), 0);
}
