//! The text filter of a segment, made from its values and templates instead of its lines: each
//! value is taken once, together with what stands left and right of it.
//!
//! Digits of times and integers are not in it one by one: where such a value meets other text,
//! the filter has the sequence with every digit as `0`, in a hash of its own.

use std::collections::HashSet;

use super::{
    column::ColumnBuilder,
    grams::GramCollector,
    line::{Piece, Place, SlotKind, TemplateUse, ValueKind, escape_into, needs_escape},
};

/// Bytes on each side of a value that share a sequence of four with it.
const CONTEXT_BYTES: usize = 3;

/// What stands around the values of a column.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Context {
    column: u32,
    kind: SlotKind,
    left: Vec<u8>,
    right: Vec<u8>,
    /// There are digits in it that stand for any digit.
    is_vague: bool,
}

/// A template with neighbouring literals joined.
enum Token {
    Literal(Vec<u8>),
    Value(u32, SlotKind),
    Stamp(&'static str),
}

const DECIMAL: &str = "0000000000000000000";
const ISO: &str = "0000-00-00T00:00:00.000000000Z";
const CLOCK: &str = "00:00:00.000000000";

/// Templates whose values stand too close to each other: their lines must be added one by one.
pub(super) fn needs_lines(used: &TemplateUse, places: &[Place]) -> bool {
    let tokens = tokens(used);
    let is_number =
        |column: &u32| places.get(*column as usize).is_some_and(|place| place.kind == ValueKind::Integer);
    tokens
        .windows(2)
        .any(|pair| matches!(pair, [Token::Value(..) | Token::Stamp(_), Token::Value(..) | Token::Stamp(_)]))
        || tokens.windows(3).any(|three| match three {
            [Token::Value(..), Token::Literal(between), Token::Value(..)] => between.len() < CONTEXT_BYTES,
            [Token::Stamp(_), Token::Literal(between), Token::Stamp(_)] => between.len() < CONTEXT_BYTES,
            [Token::Stamp(_), Token::Literal(between), Token::Value(column, _)]
            | [Token::Value(column, _), Token::Literal(between), Token::Stamp(_)] => {
                between.len() < CONTEXT_BYTES && is_number(column)
            }
            _ => false,
        })
}

/// Adds templates and values of a segment. `columns` by number, as `places`.
pub(super) fn add_columns(
    grams: &mut GramCollector,
    templates: &[TemplateUse],
    places: &[Place],
    columns: &[ColumnBuilder],
) {
    let mut contexts: HashSet<Context> = HashSet::new();
    for used in templates {
        let tokens = tokens(used);
        for (at, token) in tokens.iter().enumerate() {
            match token {
                Token::Literal(text) => grams.add_bytes(text),
                Token::Value(column, kind) => {
                    let ((left, vague_left), (right, vague_right)) =
                        (left_of(&tokens, at), right_of(&tokens, at));
                    let is_vague = vague_left || vague_right;
                    contexts.insert(Context { column: *column, kind: *kind, left, right, is_vague });
                }
                Token::Stamp(spelled) => {
                    let (mut around, _) = left_of(&tokens, at);
                    around.extend_from_slice(spelled.as_bytes());
                    around.extend(right_of(&tokens, at).0);
                    grams.add_vague(&around);
                }
            }
        }
    }
    let mut text = Vec::new();
    let mut escaped = String::new();
    for context in &contexts {
        let Some(place) = places.get(context.column as usize) else { continue };
        if place.kind == ValueKind::Integer {
            for digits in ["0", "00", "000", "-0", "-00", "-000"] {
                text.clear();
                for part in [&context.left, digits.as_bytes(), &context.right] {
                    text.extend_from_slice(part);
                }
                grams.add_vague(&text);
            }
            continue;
        }
        let Some(column) = columns.get(context.column as usize) else { continue };
        for code in 0..column.values.len() {
            let mut value = column.values.get(code);
            if context.kind == SlotKind::Escaped && needs_escape(value) {
                escaped.clear();
                escape_into(value, &mut escaped);
                value = &escaped;
            }
            text.clear();
            for part in [&context.left, value.as_bytes(), &context.right] {
                text.extend_from_slice(part);
            }
            grams.add_bytes(&text);
            if context.is_vague {
                // Only what touches the digits of a neighbour needs it; the ends are enough.
                grams.add_vague(text.get(..text.len().min(2 * CONTEXT_BYTES)).unwrap_or(&[]));
                grams.add_vague(text.get(text.len().saturating_sub(2 * CONTEXT_BYTES)..).unwrap_or(&[]));
            }
        }
    }
}

fn tokens(used: &TemplateUse) -> Vec<Token> {
    let mut tokens = Vec::new();
    for piece in &used.template.pieces {
        match piece {
            Piece::Literal(text) => match tokens.last_mut() {
                Some(Token::Literal(open)) => open.extend_from_slice(text.as_bytes()),
                _ => tokens.push(Token::Literal(text.as_bytes().to_vec())),
            },
            Piece::Slot(slot, kind) => {
                tokens
                    .push(Token::Value(used.columns.get(*slot as usize).copied().unwrap_or(u32::MAX), *kind));
            }
            Piece::Decimal => tokens.push(Token::Stamp(DECIMAL)),
            Piece::Iso => tokens.push(Token::Stamp(ISO)),
            Piece::Clock => tokens.push(Token::Stamp(CLOCK)),
        }
    }
    tokens
}

/// The bytes before a token, and whether digits of a time are among them.
fn left_of(tokens: &[Token], at: usize) -> (Vec<u8>, bool) {
    let token = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
    match (token(2), token(1)) {
        (stamp, Some(Token::Literal(text))) => {
            let mut left = Vec::new();
            let is_short = text.len() < CONTEXT_BYTES;
            if let (true, Some(Token::Stamp(spelled))) = (is_short, stamp) {
                left.extend_from_slice(spelled.as_bytes());
            }
            let is_vague = !left.is_empty();
            left.extend_from_slice(text);
            let cut = left.len().saturating_sub(CONTEXT_BYTES);
            (left.split_off(cut), is_vague)
        }
        _ => (Vec::new(), false),
    }
}

/// The bytes behind a token, and whether digits of a time are among them.
fn right_of(tokens: &[Token], at: usize) -> (Vec<u8>, bool) {
    match (tokens.get(at + 1), tokens.get(at + 2)) {
        (Some(Token::Literal(text)), stamp) => {
            let mut right = text.clone();
            let is_short = text.len() < CONTEXT_BYTES;
            let mut is_vague = false;
            if let (true, Some(Token::Stamp(spelled))) = (is_short, stamp) {
                right.extend_from_slice(spelled.as_bytes());
                is_vague = true;
            }
            right.truncate(CONTEXT_BYTES);
            (right, is_vague)
        }
        _ => (Vec::new(), false),
    }
}
