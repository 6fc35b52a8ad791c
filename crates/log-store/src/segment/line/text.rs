//! Long texts inside a line, such as Falco's `output`: mostly fixed words, values that the line
//! has in other fields, and its time. A text template is learnt from one line and tried on the
//! next ones; it is only ever used where it gives the very same text.

use super::{
    shape::{Shape, Span, ValueForm},
    stamp::Stamp,
};

/// Shorter texts are columns.
pub(super) const TEXT_BYTES_MIN: usize = 40;

/// Values of a text that no other field has.
const PARTS_MAX: usize = 6;

const PIECES_MAX: usize = 128;

/// Templates of one text.
const TEMPLATES_MAX: usize = 256;

/// Texts that may be new before the rest of the segment keeps them whole, and then so many more
/// per text that was not.
const TRIES_MIN: usize = 192;
const MATCHES_PER_TRY: usize = 8;

/// Values shorter than this are only taken for a reference behind a `=`.
const BARE_VALUE_BYTES_MIN: usize = 4;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TextPiece {
    Literal(Box<str>),
    /// The value of another slot of the line.
    Slot(usize),
    Decimal,
    Iso,
    Clock,
    /// A value of its own.
    Part(usize),
}

pub(super) type TextTemplate = Vec<TextPiece>;

/// A line taken apart, as far as it is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parsed<'a> {
    pub(super) line: &'a str,
    pub(super) shape: &'a Shape,
    pub(super) spans: &'a [Span],
    pub(super) stamp: Option<&'a Stamp>,
    /// The slots whose values are in columns.
    pub(super) in_column: &'a [bool],
}

impl<'a> Parsed<'a> {
    fn value(&self, slot: usize) -> Option<&'a str> {
        let is_there = self.in_column.get(slot).copied().unwrap_or(false);
        is_there.then(|| self.spans.get(slot).map(|span| span.of(self.line))).flatten()
    }
}

/// The templates of one slot.
#[derive(Debug, Default)]
pub(super) struct TextModel {
    pub(super) templates: Vec<TextTemplate>,
    /// How often each of them was right.
    uses: Vec<u32>,
    tries: usize,
    matched: usize,
}

impl TextModel {
    /// Texts that keep being new are better kept as they are.
    pub(super) fn is_given_up(&self) -> bool {
        self.tries > TRIES_MIN + self.matched / MATCHES_PER_TRY
    }

    /// The template that gives this text, tried before or learnt now; its parts go to `parts`.
    pub(super) fn find(
        &mut self,
        text: &str,
        hint: Option<usize>,
        parsed: &Parsed<'_>,
        parts: &mut Vec<Box<str>>,
    ) -> Option<usize> {
        let tried = hint.into_iter().chain((0..self.templates.len()).filter(|at| Some(*at) != hint));
        for at in tried {
            if self.templates.get(at).is_some_and(|template| matches(template, text, parsed, parts)) {
                self.matched += 1;
                self.uses.get_mut(at).into_iter().for_each(|uses| *uses += 1);
                return Some(at);
            }
        }
        self.tries += 1;
        if self.templates.len() >= TEMPLATES_MAX {
            return None;
        }
        let template = learn(text, parsed, self)?;
        if !matches(&template, text, parsed, parts) {
            return None;
        }
        self.templates.push(template);
        self.uses.push(1);
        Some(self.templates.len() - 1)
    }

    /// The slot that has stood behind this key most often.
    fn usual(&self, key: &str) -> Option<usize> {
        let behind = |literal: &str| literal.strip_suffix('=').is_some_and(|text| text.ends_with(key));
        let mut votes: Vec<(u32, usize)> = Vec::new();
        for (template, uses) in self.templates.iter().zip(&self.uses) {
            for pair in template.windows(2) {
                if let [TextPiece::Literal(literal), TextPiece::Slot(slot)] = pair
                    && behind(literal)
                {
                    match votes.iter_mut().find(|(_, known)| known == slot) {
                        Some((count, _)) => *count += uses,
                        None => votes.push((*uses, *slot)),
                    }
                }
            }
        }
        votes.into_iter().max().map(|(_, slot)| slot)
    }
}

fn is_delimiter(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b','
            | b'='
            | b'('
            | b')'
            | b'['
            | b']'
            | b'{'
            | b'}'
            | b'"'
            | b'\''
            | b'<'
            | b'>'
            | b'|'
            | b';'
            | b'\\'
    )
}

fn matches(template: &[TextPiece], text: &str, parsed: &Parsed<'_>, parts: &mut Vec<Box<str>>) -> bool {
    parts.clear();
    let bytes = text.as_bytes();
    let mut at = 0;
    for piece in template {
        let wanted = match piece {
            TextPiece::Literal(literal) => Some(&**literal),
            TextPiece::Slot(slot) => parsed.value(*slot),
            TextPiece::Decimal => parsed.stamp.map(Stamp::decimal),
            TextPiece::Iso => parsed.stamp.map(Stamp::iso),
            TextPiece::Clock => parsed.stamp.map(Stamp::clock),
            TextPiece::Part(_) => {
                let end = part_end(bytes, at);
                if end == at {
                    return false;
                }
                parts.extend(text.get(at..end).map(Box::from));
                at = end;
                continue;
            }
        };
        let Some(wanted) = wanted else { return false };
        if !bytes.get(at..).is_some_and(|rest| rest.starts_with(wanted.as_bytes())) {
            return false;
        }
        at += wanted.len();
    }
    at == bytes.len()
}

fn part_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or(&[]);
    from + rest.iter().position(|&byte| is_delimiter(byte)).unwrap_or(rest.len())
}

/// How well a slot fits: named before it, usual there, length, like its name, not used yet.
type Rank = (bool, bool, usize, bool, bool);

struct Learner<'a> {
    model: &'a TextModel,
    text: &'a str,
    parsed: &'a Parsed<'a>,
    used: Vec<bool>,
    pieces: TextTemplate,
    parts: usize,
    /// Where the literal that is open began.
    from: usize,
}

/// None when nothing in it varies, as far as can be told.
fn learn(text: &str, parsed: &Parsed<'_>, model: &TextModel) -> Option<TextTemplate> {
    let used = vec![false; parsed.spans.len()];
    let mut learner = Learner { model, text, parsed, used, pieces: Vec::new(), parts: 0, from: 0 };
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let is_start = before.is_none_or(|byte| !byte.is_ascii_alphanumeric()) && text.is_char_boundary(at);
        if is_start && let Some((piece, length)) = learner.reference(at) {
            learner.put(at, piece, length);
            at += length;
            continue;
        }
        let begins_token = before.is_none_or(|&byte| is_delimiter(byte)) && !is_delimiter(byte);
        if begins_token {
            let end = part_end(bytes, at);
            let varies = bytes.get(at..end).is_some_and(|token| token.iter().any(u8::is_ascii_digit));
            if varies && learner.parts < PARTS_MAX {
                let part = TextPiece::Part(learner.parts);
                learner.parts += 1;
                learner.put(at, part, end - at);
                at = end;
                continue;
            }
        }
        at += 1;
    }
    learner.literal(bytes.len());
    let varies = learner.pieces.iter().any(|piece| !matches!(piece, TextPiece::Literal(_)));
    (varies && learner.pieces.len() <= PIECES_MAX).then_some(learner.pieces)
}

impl Learner<'_> {
    fn literal(&mut self, to: usize) {
        if let Some(literal) = self.text.get(self.from..to).filter(|literal| !literal.is_empty()) {
            self.pieces.push(TextPiece::Literal(literal.into()));
        }
    }

    fn put(&mut self, at: usize, piece: TextPiece, length: usize) {
        self.literal(at);
        self.from = at + length;
        if let TextPiece::Slot(slot) = piece {
            self.used.get_mut(slot).into_iter().for_each(|used| *used = true);
        }
        self.pieces.push(piece);
    }

    /// The value that stands here: best the one whose field is named before it (`user_uid=`) or
    /// has stood there in other texts, then the longest, then one whose name is like the key, then
    /// one that was not used yet.
    fn reference(&self, at: usize) -> Option<(TextPiece, usize)> {
        let rest = self.text.get(at..)?;
        if let Some(stamp) = self.parsed.stamp {
            for (piece, spelled) in [
                (TextPiece::Iso, stamp.iso()),
                (TextPiece::Clock, stamp.clock()),
                (TextPiece::Decimal, stamp.decimal()),
            ] {
                if rest.starts_with(spelled) {
                    return Some((piece, spelled.len()));
                }
            }
        }
        let is_assigned =
            at.checked_sub(1).and_then(|before| self.text.as_bytes().get(before)) == Some(&b'=');
        let key = is_assigned.then(|| self.key_before(at)).flatten().unwrap_or("");
        let usual = if key.is_empty() { None } else { self.model.usual(key) };
        let mut best: Option<(Rank, usize)> = None;
        for slot in (0..self.parsed.spans.len()).rev() {
            let Some(value) = self.parsed.value(slot) else { continue };
            let Some(described) = self.parsed.shape.slots.get(slot) else { continue };
            if value.is_empty()
                || described.form == ValueForm::Array
                || (!is_assigned && value.len() < BARE_VALUE_BYTES_MIN)
                || !rest.starts_with(value)
                || rest.as_bytes().get(value.len()).is_some_and(u8::is_ascii_alphanumeric)
            {
                continue;
            }
            let name = &*described.name;
            let rank: Rank = (
                !key.is_empty() && name.ends_with(key),
                usual == Some(slot),
                value.len(),
                name.split('_').any(|word| is_like(word, key)),
                !self.used.get(slot).copied().unwrap_or(true),
            );
            // From the last slot to the first: of equals the first one stays.
            if best.is_none_or(|(best, _)| rank >= best) {
                best = Some((rank, slot));
            }
        }
        best.map(|(rank, slot)| (TextPiece::Slot(slot), rank.2))
    }

    fn key_before(&self, at: usize) -> Option<&str> {
        let before = self.text.get(..at.checked_sub(1)?)?;
        let start = before.bytes().rposition(is_delimiter).map_or(0, |at| at + 1);
        before.get(start..)
    }
}

/// `proc` is like `process`.
fn is_like(word: &str, key: &str) -> bool {
    word.len() >= 3 && key.starts_with(word)
}
