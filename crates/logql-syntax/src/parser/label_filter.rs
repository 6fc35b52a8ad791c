//! Filters over labels: `status >= 400 and (level = "warn" or addr = ip("10.0.0.0/8"))`.

use super::{
    cursor::{Cursor, ParseError},
    entry,
};
use crate::{
    ast::{Comparison, FilterValue, LabelFilter, MatchOp, Matcher},
    token::Kind,
};

/// A filter up to the next stage. `and` and a comma bind tighter than `or`.
pub(super) fn filter(cursor: &mut Cursor) -> Result<LabelFilter, ParseError> {
    cursor.enter()?;
    let mut left = conjunction(cursor)?;
    while cursor.take("or") {
        left = LabelFilter::Or(Box::new(left), Box::new(conjunction(cursor)?));
    }
    cursor.leave();
    Ok(left)
}

fn conjunction(cursor: &mut Cursor) -> Result<LabelFilter, ParseError> {
    let mut left = single(cursor)?;
    loop {
        let joined = cursor.take("and") || cursor.take(",");
        // Two filters side by side are joined by a silent `and`.
        if !joined && !matches!(cursor.peek(), Kind::Identifier(_) | Kind::Word("(")) {
            return Ok(left);
        }
        left = LabelFilter::And(Box::new(left), Box::new(single(cursor)?));
    }
}

fn single(cursor: &mut Cursor) -> Result<LabelFilter, ParseError> {
    if cursor.take("(") {
        let inner = filter(cursor)?;
        cursor.expect(")", &[])?;
        return Ok(inner);
    }
    let name = cursor.identifier(&[])?;
    let Kind::Word(op) = *cursor.peek() else { return Err(cursor.unexpected(&[])) };
    if !matches!(op, "=" | "!=" | "=~" | "!~" | "==" | ">" | ">=" | "<" | "<=") {
        return Err(cursor.unexpected(&[]));
    }
    cursor.advance();
    match (op, cursor.peek().clone()) {
        ("=" | "!=" | "=~" | "!~", Kind::Text(value)) => {
            cursor.advance();
            let op = match op {
                "=" => MatchOp::Equal,
                "!=" => MatchOp::NotEqual,
                "=~" => MatchOp::Regex,
                _ => MatchOp::NotRegex,
            };
            Ok(LabelFilter::Text(Matcher { name, op, value }))
        }
        ("=" | "!=", Kind::Word("ip")) => {
            cursor.advance();
            cursor.expect("(", &["("])?;
            let range = cursor.text(&["STRING"])?;
            cursor.expect(")", &[")"])?;
            Ok(LabelFilter::Ip { name, negated: op == "!=", range })
        }
        ("=~" | "!~", _) => Err(cursor.unexpected(&["STRING"])),
        _ => {
            let op = match op {
                ">" => Comparison::Greater,
                ">=" => Comparison::GreaterOrEqual,
                "<" => Comparison::Less,
                "<=" => Comparison::LessOrEqual,
                "!=" => Comparison::NotEqual,
                _ => Comparison::Equal,
            };
            let value = value(cursor)?;
            Ok(LabelFilter::Compare { name, op, value })
        }
    }
}

fn value(cursor: &mut Cursor) -> Result<FilterValue, ParseError> {
    let sign = match cursor.peek() {
        Kind::Word("-") => -1.0,
        _ => 1.0,
    };
    if matches!(cursor.peek(), Kind::Word("-" | "+")) {
        cursor.advance();
        if !matches!(cursor.peek(), Kind::Number(_)) {
            return Err(cursor.unexpected(&["NUMBER"]));
        }
    }
    let value = match cursor.peek() {
        Kind::Number(text) => FilterValue::Number(sign * entry::parse_number(text)?),
        Kind::Duration(nanoseconds) => FilterValue::Duration(*nanoseconds),
        Kind::Bytes(bytes) => FilterValue::Bytes(*bytes),
        _ => return Err(cursor.unexpected(&[])),
    };
    cursor.advance();
    Ok(value)
}
