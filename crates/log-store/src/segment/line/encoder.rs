//! Takes lines apart: finds the template of each and hands its values to columns.
//!
//! Knows no file and no row group; whoever calls it decides where the values go. It is long
//! because a row goes through its parts in one order, with one state.

use std::{collections::HashMap, sync::Arc};

use xxhash_rust::xxh3::Xxh3;

use super::{
    escape::{escape_into, unescape},
    shape::{Shape, Span, ValueForm, is_odd},
    stamp::{DECIMAL_BYTES, ISO_BYTES, Stamp},
    template::{Piece, SlotKind, Template},
    text::{Parsed, TEXT_BYTES_MIN, TextModel, TextPiece},
};
use crate::limits::{FIELDS_MAX, SHAPES_MAX, TEMPLATES_MAX};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ValueKind {
    /// A JSON string, without its escapes.
    Text,
    Integer,
    /// A number in another spelling, `true`, `false`.
    Plain,
    /// A JSON array as written: no field of Loki's parser.
    Array,
    /// A part of a text, as written: no field.
    Part,
}

/// A column that lines need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) kind: ValueKind,
}

/// A field whose value stands in the template: pieces `from..to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldSpan {
    pub(crate) name: Box<str>,
    pub(crate) from: u32,
    pub(crate) to: u32,
}

/// A template as this segment uses it.
#[derive(Debug, Clone)]
pub(crate) struct TemplateUse {
    pub(crate) template: Arc<Template>,
    /// By slot of the template.
    pub(crate) columns: Vec<u32>,
    pub(crate) spans: Vec<FieldSpan>,
}

/// How a slot's value is kept.
const IN_COLUMN: u32 = 0;
const IS_DECIMAL: u32 = 1;
const IS_ISO: u32 = 2;
/// And from here on the number of a text template.
const IS_TEXT: u32 = 3;

#[derive(Debug)]
struct ShapeState {
    shape: Shape,
    columns: Vec<u32>,
    texts: Vec<TextModel>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct LineEncoder {
    shapes: Vec<ShapeState>,
    by_shape: HashMap<u64, u32>,
    pub(crate) places: Vec<Place>,
    by_place: HashMap<(String, ValueKind), u32>,
    /// Template 0 is "the whole line"; these begin with 1.
    pub(crate) templates: Vec<TemplateUse>,
    by_key: HashMap<Box<[u32]>, u32>,
    /// By stream: its last shape, choices and template.
    hints: Vec<Hint>,
    row: RowState,
}

#[derive(Debug, Default, Clone)]
struct Hint {
    shape: u32,
    template: u32,
    key: Vec<u32>,
}

/// The row at hand; reused.
#[derive(Debug, Default)]
struct RowState {
    spans: Vec<Span>,
    in_column: Vec<bool>,
    /// Shape, then the choice of each slot.
    key: Vec<u32>,
    parts: Vec<Box<str>>,
    /// (slot, parts) of the texts of this row.
    text_parts: Vec<(usize, Vec<Box<str>>)>,
    unescaped: Vec<(usize, String)>,
    escaped: String,
}

impl LineEncoder {
    /// The template of the line, 0 when it has none; its values go to `put` by column.
    pub(crate) fn encode(
        &mut self,
        stream: u32,
        timestamp_ns: i64,
        line: &str,
        put: &mut dyn FnMut(u32, &Place, &str),
    ) -> u32 {
        // Only objects have fields; most other lines are told from them by the first byte.
        let is_object = line.trim_start().starts_with('{');
        if !is_object || is_odd(line) {
            return 0;
        }
        let stream = stream as usize;
        if self.hints.len() <= stream {
            self.hints.resize_with(stream + 1, || Hint { shape: u32::MAX, ..Hint::default() });
        }
        let Some(number) = self.shape_of(stream, line) else { return 0 };
        let stamp = Stamp::new(timestamp_ns);
        if !self.choose(number, stream, line, stamp.as_ref()) {
            return 0;
        }
        let Some(template) = self.template(number, stream) else { return 0 };
        self.put_values(number, line, put);
        template
    }

    fn shape_of(&mut self, stream: usize, line: &str) -> Option<u32> {
        let hinted = self.hints.get(stream).map_or(u32::MAX, |hint| hint.shape);
        let spans = &mut self.row.spans;
        if self.shapes.get(hinted as usize).is_some_and(|state| state.shape.matches(line, spans)) {
            return Some(hinted);
        }
        let shape = Shape::parse(line).ok()?;
        let hash = hash_of(&shape);
        let number = match self.by_shape.get(&hash) {
            Some(&number) => number,
            None => self.new_shape(shape, hash)?,
        };
        let state = self.shapes.get(number as usize)?;
        state.shape.matches(line, &mut self.row.spans).then_some(number)
    }

    fn new_shape(&mut self, shape: Shape, hash: u64) -> Option<u32> {
        if self.shapes.len() >= SHAPES_MAX || self.places.len() + shape.slots.len() > FIELDS_MAX {
            return None;
        }
        let mut columns = Vec::new();
        for slot in &shape.slots {
            let kind = match slot.form {
                ValueForm::Text => ValueKind::Text,
                ValueForm::Integer => ValueKind::Integer,
                ValueForm::Plain => ValueKind::Plain,
                ValueForm::Array => ValueKind::Array,
            };
            columns.push(place(&mut self.places, &mut self.by_place, &slot.name, kind));
        }
        let texts = shape.slots.iter().map(|_| TextModel::default()).collect();
        let number = self.shapes.len() as u32;
        self.shapes.push(ShapeState { shape, columns, texts });
        self.by_shape.insert(hash, number);
        Some(number)
    }

    /// Decides for each slot how its value is kept; false when the line must stay whole.
    fn choose(&mut self, number: u32, stream: usize, line: &str, stamp: Option<&Stamp>) -> bool {
        let Some(state) = self.shapes.get_mut(number as usize) else { return false };
        let row = &mut self.row;
        row.key.clear();
        row.key.push(number);
        row.in_column.clear();
        row.unescaped.clear();
        row.text_parts.clear();
        let mut texts = false;
        for (at, (slot, span)) in state.shape.slots.iter().zip(&row.spans).enumerate() {
            let text = span.of(line);
            let choice = match (slot.form, stamp) {
                (ValueForm::Integer, Some(stamp))
                    if text.len() == DECIMAL_BYTES && text == stamp.decimal() =>
                {
                    IS_DECIMAL
                }
                (ValueForm::Text, Some(stamp)) if text.len() == ISO_BYTES && text == stamp.iso() => IS_ISO,
                _ => IN_COLUMN,
            };
            if span.is_escaped {
                let mut value = String::new();
                if unescape(text, &mut value).is_err() {
                    return false;
                }
                row.unescaped.push((at, value));
            }
            let may_be_text = slot.form == ValueForm::Text
                && text.len() >= TEXT_BYTES_MIN
                && state.texts.get(at).is_some_and(|model| !model.is_given_up());
            texts |= may_be_text;
            row.in_column.push(choice == IN_COLUMN && !may_be_text);
            row.key.push(if may_be_text { IS_TEXT } else { choice });
        }
        if texts {
            choose_texts(state, row, self.hints.get(stream), line, stamp);
        }
        let RowState { key, unescaped, escaped, spans, .. } = row;
        // What goes to a column must come back the same.
        unescaped.iter().all(|(slot, value)| {
            if key.get(slot + 1) != Some(&IN_COLUMN) {
                return true;
            }
            escaped.clear();
            escape_into(value, escaped);
            spans.get(*slot).is_some_and(|span| span.of(line) == escaped)
        })
    }

    /// The number of the template with these choices.
    fn template(&mut self, number: u32, stream: usize) -> Option<u32> {
        let hint = self.hints.get_mut(stream)?;
        if hint.shape == number && hint.key == self.row.key {
            return Some(hint.template);
        }
        let template = match self.by_key.get(self.row.key.as_slice()) {
            Some(&template) => template,
            None => {
                if self.templates.len() >= TEMPLATES_MAX {
                    return None;
                }
                let state = self.shapes.get(number as usize)?;
                let places = (&mut self.places, &mut self.by_place);
                let built = build(state, self.row.key.get(1..)?, places)?;
                self.templates.push(built);
                let template = self.templates.len() as u32;
                self.by_key.insert(self.row.key.as_slice().into(), template);
                template
            }
        };
        hint.shape = number;
        hint.template = template;
        hint.key.clone_from(&self.row.key);
        Some(template)
    }

    fn put_values(&mut self, number: u32, line: &str, put: &mut dyn FnMut(u32, &Place, &str)) {
        let Some(state) = self.shapes.get(number as usize) else { return };
        let row = &self.row;
        let choices = row.key.iter().skip(1);
        for (at, ((&column, span), &choice)) in state.columns.iter().zip(&row.spans).zip(choices).enumerate()
        {
            let Some(place) = self.places.get(column as usize).filter(|_| choice == IN_COLUMN) else {
                continue;
            };
            let escaped =
                span.is_escaped.then(|| row.unescaped.iter().find(|(slot, _)| *slot == at)).flatten();
            put(column, place, escaped.map_or_else(|| span.of(line), |(_, value)| value));
        }
        for (slot, parts) in &row.text_parts {
            let name = state.shape.slots.get(*slot).map_or("", |slot| &*slot.name);
            for (at, part) in parts.iter().enumerate() {
                let key = (part_name(name, at), ValueKind::Part);
                if let Some(&column) = self.by_place.get(&key)
                    && let Some(place) = self.places.get(column as usize)
                {
                    put(column, place, part);
                }
            }
        }
    }
}

fn choose_texts(
    state: &mut ShapeState,
    row: &mut RowState,
    hint: Option<&Hint>,
    line: &str,
    stamp: Option<&Stamp>,
) {
    let hint = hint.filter(|hint| hint.key.first() == row.key.first());
    for (at, model) in state.texts.iter_mut().enumerate() {
        if row.key.get(at + 1) != Some(&IS_TEXT) {
            continue;
        }
        let Some(span) = row.spans.get(at) else { continue };
        let parsed =
            Parsed { line, shape: &state.shape, spans: &row.spans, stamp, in_column: &row.in_column };
        let hinted = hint.and_then(|hint| hint.key.get(at + 1)?.checked_sub(IS_TEXT)).map(|at| at as usize);
        let found = model.find(span.of(line), hinted, &parsed, &mut row.parts);
        let choice = found.map_or(IN_COLUMN, |template| template as u32 + IS_TEXT);
        if found.is_some() && !row.parts.is_empty() {
            row.text_parts.push((at, std::mem::take(&mut row.parts)));
        }
        row.key.get_mut(at + 1).into_iter().for_each(|place| *place = choice);
    }
}

/// Puts a template together.
fn build(
    state: &ShapeState,
    choices: &[u32],
    (places, by_place): (&mut Vec<Place>, &mut HashMap<(String, ValueKind), u32>),
) -> Option<TemplateUse> {
    let mut built = TemplateUse {
        template: Arc::new(Template { pieces: Vec::new() }),
        columns: Vec::new(),
        spans: Vec::new(),
    };
    let mut pieces: Vec<Piece> = Vec::new();
    let column_of = |slot: usize| state.columns.get(slot).copied();
    let kind_of = |slot: usize| match state.shape.slots.get(slot).map(|slot| slot.form) {
        Some(ValueForm::Text) => SlotKind::Escaped,
        _ => SlotKind::Plain,
    };
    let use_column = |columns: &mut Vec<u32>, column: u32, kind: SlotKind| {
        let known = columns.iter().position(|&known| known == column);
        let slot = known.unwrap_or_else(|| {
            columns.push(column);
            columns.len() - 1
        });
        Piece::Slot(slot as u32, kind)
    };
    for (at, ((before, slot), &choice)) in
        state.shape.before.iter().zip(&state.shape.slots).zip(choices).enumerate()
    {
        if !before.is_empty() {
            pieces.push(Piece::Literal(before.clone()));
        }
        let from = pieces.len() as u32;
        match choice {
            IN_COLUMN => {
                pieces.push(use_column(&mut built.columns, column_of(at)?, kind_of(at)));
                continue;
            }
            IS_DECIMAL => pieces.push(Piece::Decimal),
            IS_ISO => pieces.push(Piece::Iso),
            text => {
                let template = state.texts.get(at)?.templates.get((text - IS_TEXT) as usize)?;
                for piece in template {
                    pieces.push(match piece {
                        TextPiece::Literal(text) => Piece::Literal(text.clone()),
                        TextPiece::Slot(slot) => {
                            use_column(&mut built.columns, column_of(*slot)?, kind_of(*slot))
                        }
                        TextPiece::Decimal => Piece::Decimal,
                        TextPiece::Iso => Piece::Iso,
                        TextPiece::Clock => Piece::Clock,
                        TextPiece::Part(part) => {
                            let name = part_name(&slot.name, *part);
                            let column = place(places, by_place, &name, ValueKind::Part);
                            use_column(&mut built.columns, column, SlotKind::Plain)
                        }
                    });
                }
            }
        }
        built.spans.push(FieldSpan { name: slot.name.clone(), from, to: pieces.len() as u32 });
    }
    if !state.shape.tail.is_empty() {
        pieces.push(Piece::Literal(state.shape.tail.clone()));
    }
    built.template = Arc::new(Template { pieces });
    Some(built)
}

fn part_name(field: &str, part: usize) -> String {
    format!("{field}_{part}")
}

fn place(
    places: &mut Vec<Place>,
    by_place: &mut HashMap<(String, ValueKind), u32>,
    name: &str,
    kind: ValueKind,
) -> u32 {
    *by_place.entry((name.to_owned(), kind)).or_insert_with(|| {
        places.push(Place { name: name.to_owned(), kind });
        places.len() as u32 - 1
    })
}

fn hash_of(shape: &Shape) -> u64 {
    let mut hasher = Xxh3::new();
    for (before, slot) in shape.before.iter().zip(&shape.slots) {
        hasher.update(before.as_bytes());
        hasher.update(&[0xff, slot.form as u8]);
    }
    hasher.update(shape.tail.as_bytes());
    hasher.digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Encodes the lines; checks that each comes back, and tells the templates.
    fn check(rows: &[(i64, &str)], expected: &[u32]) {
        let mut encoder = LineEncoder::default();
        let mut found = Vec::new();
        for &(time, line) in rows {
            let mut values: HashMap<u32, String> = HashMap::new();
            let template = encoder.encode(3, time, line, &mut |column, _, value| {
                assert!(values.insert(column, value.to_owned()).is_none(), "{line}: column {column} twice");
            });
            found.push(template);
            if template == 0 {
                assert!(values.is_empty());
                continue;
            }
            let used = &encoder.templates[template as usize - 1];
            let stamp = Stamp::new(time);
            let mut rebuilt = String::new();
            for piece in &used.template.pieces {
                match piece {
                    Piece::Literal(text) => rebuilt.push_str(text),
                    Piece::Slot(slot, SlotKind::Plain) => {
                        rebuilt.push_str(&values[&used.columns[*slot as usize]])
                    }
                    Piece::Slot(slot, SlotKind::Escaped) => {
                        escape_into(&values[&used.columns[*slot as usize]], &mut rebuilt);
                    }
                    Piece::Decimal => rebuilt.push_str(stamp.unwrap().decimal()),
                    Piece::Iso => rebuilt.push_str(stamp.unwrap().iso()),
                    Piece::Clock => rebuilt.push_str(stamp.unwrap().clock()),
                }
            }
            assert_eq!(rebuilt, line);
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn alerts_share_a_template() {
        let alert = |user: &str, process: &str, parent: &str, pid: u32| {
            format!(
                r#"{{"output":"12:34:56.128745936: Notice A shell was spawned | user={user} process={process} parent={parent} pid={pid}","output_fields":{{"evt.time":1709210096128745936,"proc.name":"{process}","proc.pid":{pid},"proc.pname":"{parent}","user.name":"{user}"}},"tags":["a"],"time":"2024-02-29T12:34:56.128745936Z"}}"#
            )
        };
        let time = 1_709_210_096_128_745_936;
        let (a, b, c) =
            (alert("root", "bash", "sh", 7), alert("www", "cat", "bash", 4242), alert("x", "y", "y", 0));
        check(&[(time, &a), (time, &b), (time, &c)], &[1, 1, 1]);
        // Another time is no longer said by the row.
        check(&[(time, &a), (time + 1, &b)], &[1, 2]);
    }

    #[test]
    fn lines_that_would_not_come_back_stay_whole() {
        check(
            &[
                (1, r#"{"a":"x\"y\n"}"#),
                (1, r#"{"a":"x\/y"}"#),
                (1, r#"{"a":"\u0041"}"#),
                (1, "plain"),
                (1, "{\"a\":\"\u{7}\"}"),
                (1, r#"{"a":"ü","a":1}"#),
                (1, r#"{"a":"ü"}"#),
            ],
            &[1, 0, 0, 0, 0, 0, 1],
        );
    }
}
