//! Stream selectors and the stages after them.

use super::{
    cursor::{Cursor, ParseError},
    label_filter,
};
use crate::{
    ast::{
        Extraction, LabelFormat, LabelFormatSource, LabelPick, LineFilter, LineOperator, LineTerm, LogExpr,
        MatchOp, Matcher, Stage,
    },
    token::Kind,
};

/// A selector with its pipeline.
pub(super) fn log(cursor: &mut Cursor) -> Result<LogExpr, ParseError> {
    let matchers = selector(cursor)?;
    let mut stages = Vec::new();
    while let Some(stage) = stage(cursor)? {
        stages.push(stage);
    }
    Ok(LogExpr { matchers, stages })
}

pub(super) fn selector(cursor: &mut Cursor) -> Result<Vec<Matcher>, ParseError> {
    cursor.expect("{", &["{", "("])?;
    let mut matchers = Vec::new();
    if cursor.take("}") {
        return Ok(matchers);
    }
    let mut expecting: &[&str] = &["IDENTIFIER", "}"];
    loop {
        let name = cursor.identifier(expecting)?;
        matchers.push(matcher(cursor, name)?);
        if cursor.take("}") {
            return Ok(matchers);
        }
        cursor.expect(",", &["}", ","])?;
        expecting = &["IDENTIFIER"];
    }
}

/// The operator and text after a label name.
pub(super) fn matcher(cursor: &mut Cursor, name: String) -> Result<Matcher, ParseError> {
    let op = match cursor.peek() {
        Kind::Word("=") => MatchOp::Equal,
        Kind::Word("!=") => MatchOp::NotEqual,
        Kind::Word("=~") => MatchOp::Regex,
        Kind::Word("!~") => MatchOp::NotRegex,
        _ => return Err(cursor.unexpected(&["=", "=~", "!~", "!="])),
    };
    cursor.advance();
    let value = cursor.text(&["STRING"])?;
    Ok(Matcher { name, op, value })
}

/// The next stage, if one follows. `| unwrap` is left to the range that contains it.
pub(super) fn stage(cursor: &mut Cursor) -> Result<Option<Stage>, ParseError> {
    if let Some(filter) = line_filter(cursor)? {
        return Ok(Some(Stage::LineFilter(filter)));
    }
    if !cursor.is("|") || cursor.is_at(1, "unwrap") {
        return Ok(None);
    }
    cursor.advance();
    let Kind::Word(word) = *cursor.peek() else {
        return label_filter::filter(cursor).map(|filter| Some(Stage::LabelFilter(filter)));
    };
    let stage = match word {
        "json" => {
            cursor.advance();
            Stage::Json(extractions(cursor)?)
        }
        "logfmt" => {
            cursor.advance();
            let (mut strict, mut keep_empty) = (false, false);
            while cursor.is("--strict") || cursor.is("--keep-empty") {
                strict |= cursor.is("--strict");
                keep_empty |= cursor.is("--keep-empty");
                cursor.advance();
            }
            Stage::Logfmt { strict, keep_empty, extractions: extractions(cursor)? }
        }
        "regexp" => {
            cursor.advance();
            Stage::Regexp(cursor.text(&["STRING"])?)
        }
        "pattern" => {
            cursor.advance();
            Stage::Pattern(cursor.text(&["STRING"])?)
        }
        "unpack" => {
            cursor.advance();
            Stage::Unpack
        }
        "decolorize" => {
            cursor.advance();
            Stage::Decolorize
        }
        "line_format" => {
            cursor.advance();
            Stage::LineFormat(cursor.text(&["STRING"])?)
        }
        "label_format" => {
            cursor.advance();
            Stage::LabelFormat(label_formats(cursor)?)
        }
        "drop" => {
            cursor.advance();
            Stage::Drop(picks(cursor)?)
        }
        "keep" => {
            cursor.advance();
            Stage::Keep(picks(cursor)?)
        }
        _ => Stage::LabelFilter(label_filter::filter(cursor)?),
    };
    Ok(Some(stage))
}

fn line_filter(cursor: &mut Cursor) -> Result<Option<LineFilter>, ParseError> {
    let op = match cursor.peek() {
        Kind::Word("|=") => LineOperator::Contains,
        // After a selector `!=` is a filter before a text, and a comparison before anything else.
        Kind::Word("!=") if matches!(cursor.peek_at(1), Kind::Text(_) | Kind::Word("ip")) => {
            LineOperator::NotContains
        }
        Kind::Word("|~") => LineOperator::Matches,
        Kind::Word("!~") => LineOperator::NotMatches,
        Kind::Word("|>") => LineOperator::Pattern,
        Kind::Word("!>") => LineOperator::NotPattern,
        _ => return Ok(None),
    };
    cursor.advance();
    let mut terms = vec![line_term(cursor)?];
    while cursor.take("or") {
        terms.push(line_term(cursor)?);
    }
    Ok(Some(LineFilter { op, terms }))
}

fn line_term(cursor: &mut Cursor) -> Result<LineTerm, ParseError> {
    if cursor.take("ip") {
        cursor.expect("(", &["("])?;
        let text = cursor.text(&["STRING"])?;
        cursor.expect(")", &[")"])?;
        return Ok(LineTerm { text, ip: true });
    }
    Ok(LineTerm { text: cursor.text(&["STRING", "ip"])?, ip: false })
}

/// `a, b="x.y"` after a parser; may be absent.
fn extractions(cursor: &mut Cursor) -> Result<Vec<Extraction>, ParseError> {
    let mut all = Vec::new();
    if !matches!(cursor.peek(), Kind::Identifier(_)) {
        return Ok(all);
    }
    loop {
        let name = cursor.identifier(&["IDENTIFIER"])?;
        let expression = if cursor.take("=") { cursor.text(&["STRING"])? } else { name.clone() };
        all.push(Extraction { name, expression });
        if !cursor.take(",") {
            return Ok(all);
        }
    }
}

fn label_formats(cursor: &mut Cursor) -> Result<Vec<LabelFormat>, ParseError> {
    let mut all = Vec::new();
    loop {
        let name = cursor.identifier(&["IDENTIFIER"])?;
        cursor.expect("=", &["="])?;
        let source = match cursor.peek().clone() {
            Kind::Identifier(source) => LabelFormatSource::Rename(source),
            Kind::Text(template) => LabelFormatSource::Template(template),
            _ => return Err(cursor.unexpected(&["IDENTIFIER", "STRING"])),
        };
        cursor.advance();
        all.push(LabelFormat { name, source });
        if !cursor.take(",") {
            return Ok(all);
        }
    }
}

/// The elements of `drop` and `keep`.
fn picks(cursor: &mut Cursor) -> Result<Vec<LabelPick>, ParseError> {
    let mut all = Vec::new();
    loop {
        let name = cursor.identifier(&["IDENTIFIER"])?;
        let compared = matches!(cursor.peek(), Kind::Word("=" | "=~" | "!~"))
            || (cursor.is("!=") && matches!(cursor.peek_at(1), Kind::Text(_)));
        all.push(if compared { LabelPick::Matching(matcher(cursor, name)?) } else { LabelPick::Name(name) });
        if !cursor.take(",") {
            return Ok(all);
        }
    }
}
