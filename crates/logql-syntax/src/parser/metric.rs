//! Functions that give numbers.

use super::{
    cursor::{Cursor, ParseError},
    entry, pipeline,
};
use crate::{
    ast::{
        Conversion, Grouping, LogExpr, RangeAggregation, RangeFunction, SampleExpr, Stage, Unwrap, Variants,
        VectorAggregation, VectorFunction,
    },
    print,
    token::Kind,
};

/// The call that starts with `word`, or `None` when no function has that name.
pub(super) fn call(cursor: &mut Cursor, word: &str) -> Result<Option<SampleExpr>, ParseError> {
    if let Some(function) = print::range_function_named(word) {
        cursor.advance();
        return range_aggregation(cursor, function).map(|range| Some(SampleExpr::Range(range)));
    }
    if let Some(function) = print::vector_function_named(word) {
        cursor.advance();
        return vector_aggregation(cursor, function).map(Some);
    }
    match word {
        "vector" => {
            cursor.advance();
            cursor.expect("(", &["("])?;
            let sign = if cursor.take("-") { -1.0 } else { 1.0 };
            let Kind::Number(text) = cursor.peek().clone() else {
                return Err(cursor.unexpected(&["NUMBER"]));
            };
            cursor.advance();
            cursor.expect(")", &[")"])?;
            Ok(Some(SampleExpr::VectorLiteral(sign * entry::parse_number(&text)?)))
        }
        "label_replace" => {
            cursor.advance();
            label_replace(cursor).map(Some)
        }
        "variants" => {
            cursor.advance();
            variants(cursor).map(Some)
        }
        _ => Ok(None),
    }
}

fn label_replace(cursor: &mut Cursor) -> Result<SampleExpr, ParseError> {
    cursor.expect("(", &["("])?;
    let inner = Box::new(entry::sample(cursor)?);
    let mut texts = Vec::new();
    for _ in 0..4 {
        // After the vector many operators could follow; after a text only a comma.
        cursor.expect(",", if texts.is_empty() { &[] } else { &[","] })?;
        texts.push(cursor.text(&["STRING"])?);
    }
    cursor.expect(")", &[")"])?;
    let mut texts = texts.into_iter();
    let mut next = || texts.next().unwrap_or_default();
    Ok(SampleExpr::LabelReplace {
        inner,
        destination: next(),
        replacement: next(),
        source: next(),
        regex: next(),
    })
}

fn variants(cursor: &mut Cursor) -> Result<SampleExpr, ParseError> {
    cursor.expect("(", &["("])?;
    let mut of = vec![entry::sample(cursor)?];
    while cursor.take(",") {
        of.push(entry::sample(cursor)?);
    }
    cursor.expect(")", &[])?;
    cursor.expect("of", &["of"])?;
    cursor.expect("(", &["("])?;
    let range = log_range(cursor)?;
    cursor.expect(")", &[")"])?;
    Ok(SampleExpr::Variants(Variants { of, log: range.log, interval_ns: range.interval_ns }))
}

fn grouping(cursor: &mut Cursor) -> Result<Option<Grouping>, ParseError> {
    let without = cursor.is("without");
    if !without && !cursor.is("by") {
        return Ok(None);
    }
    cursor.advance();
    Ok(Some(Grouping { without, labels: entry::name_list(cursor)? }))
}

fn vector_aggregation(cursor: &mut Cursor, function: VectorFunction) -> Result<SampleExpr, ParseError> {
    cursor.enter()?;
    let before = grouping(cursor)?;
    cursor.expect("(", if before.is_some() { &["("] } else { &[] })?;
    let mut written = None;
    if let (Kind::Number(text), true) = (cursor.peek().clone(), cursor.is_at(1, ",")) {
        cursor.advance();
        cursor.advance();
        written = Some(text);
    }
    let inner = Box::new(entry::sample(cursor)?);
    cursor.expect(")", &[])?;
    let grouping = match before {
        Some(before) => Some(before),
        None => grouping(cursor)?,
    };
    cursor.leave();
    let parameter = vector_parameter(function, written.as_deref())?;
    Ok(SampleExpr::Vector(VectorAggregation { function, parameter, inner, grouping }))
}

fn vector_parameter(function: VectorFunction, written: Option<&str>) -> Result<Option<i64>, ParseError> {
    let name = print::vector_function(function);
    let takes =
        matches!(function, VectorFunction::Topk | VectorFunction::Bottomk | VectorFunction::ApproxTopk);
    match (takes, written) {
        (true, None) => Err(ParseError::meaning(format!("parameter required for operation {name}"))),
        (false, Some(text)) => {
            Err(ParseError::meaning(format!("unsupported parameter for operation {name}({text},")))
        }
        (false, None) => Ok(None),
        (true, Some(text)) => match text.parse::<i64>() {
            Ok(value) if value > 0 => Ok(Some(value)),
            Ok(_) => {
                Err(ParseError::meaning(format!("invalid parameter (must be greater than 0) {name}({text}")))
            }
            Err(_) => Err(ParseError::meaning(format!("invalid parameter {name}({text},"))),
        },
    }
}

fn range_aggregation(cursor: &mut Cursor, function: RangeFunction) -> Result<RangeAggregation, ParseError> {
    cursor.expect("(", &["("])?;
    let mut parameter = None;
    if let Kind::Number(text) = cursor.peek().clone() {
        cursor.advance();
        cursor.expect(",", &[","])?;
        parameter = Some(entry::parse_number(&text)?);
    } else if !cursor.is("{") && !cursor.is("(") {
        return Err(cursor.unexpected(&["NUMBER", "{", "("]));
    }
    let range = log_range(cursor)?;
    cursor.expect(")", &[")"])?;
    let grouping = grouping(cursor)?;
    let name = print::range_function(function);
    match (function, parameter) {
        (RangeFunction::QuantileOverTime, None) => {
            return Err(ParseError::meaning(format!("parameter required for operation {name}")));
        }
        (RangeFunction::QuantileOverTime, Some(_)) | (_, None) => {}
        (_, Some(_)) => {
            return Err(ParseError::meaning(format!(
                "parameter {} not supported for operation {name}",
                parameter.map_or(String::new(), print::format_float)
            )));
        }
    }
    Ok(RangeAggregation {
        function,
        parameter,
        log: range.log,
        interval_ns: range.interval_ns,
        offset_ns: range.offset_ns,
        unwrap: range.unwrap,
        grouping,
    })
}

struct LogRange {
    log: LogExpr,
    interval_ns: i64,
    offset_ns: i64,
    unwrap: Option<Unwrap>,
}

/// `{…} | … | unwrap x [5m] offset 1m`; the range may also stand right after the selector.
fn log_range(cursor: &mut Cursor) -> Result<LogRange, ParseError> {
    if cursor.is("(") {
        cursor.enter()?;
        cursor.advance();
        let mut inner = log_range_body(cursor, true)?;
        cursor.expect(")", &[])?;
        cursor.leave();
        if inner.interval_ns < 0 {
            let Kind::Range(interval) = *cursor.peek() else { return Err(cursor.unexpected(&[])) };
            cursor.advance();
            inner.interval_ns = interval;
            inner.offset_ns = offset(cursor)?;
        }
        return Ok(inner);
    }
    log_range_body(cursor, false)
}

/// With `open` the range may be missing (it follows the parenthesis): then `interval_ns` is -1.
fn log_range_body(cursor: &mut Cursor, open: bool) -> Result<LogRange, ParseError> {
    let mut range = LogRange {
        log: LogExpr { matchers: pipeline::selector(cursor)?, stages: Vec::new() },
        interval_ns: -1,
        offset_ns: 0,
        unwrap: None,
    };
    loop {
        if let Kind::Range(interval) = *cursor.peek() {
            if range.interval_ns >= 0 {
                return Err(cursor.unexpected(&[]));
            }
            cursor.advance();
            range.interval_ns = interval;
            range.offset_ns = offset(cursor)?;
        } else if let Some(unwrap) = &mut range.unwrap {
            match pipeline::stage(cursor)? {
                Some(Stage::LabelFilter(filter)) => unwrap.filters.push(filter),
                Some(_) => return Err(cursor.unexpected(&[])),
                None => break,
            }
        } else if let Some(stage) = pipeline::stage(cursor)? {
            range.log.stages.push(stage);
        } else if cursor.take("|") {
            range.unwrap = Some(unwrap(cursor)?);
        } else {
            break;
        }
    }
    if range.interval_ns < 0 && !open {
        return Err(cursor.unexpected(&[]));
    }
    Ok(range)
}

fn offset(cursor: &mut Cursor) -> Result<i64, ParseError> {
    if !cursor.take("offset") {
        return Ok(0);
    }
    match *cursor.peek() {
        Kind::Duration(nanoseconds) => {
            cursor.advance();
            Ok(nanoseconds)
        }
        _ => Err(cursor.unexpected(&["DURATION"])),
    }
}

fn unwrap(cursor: &mut Cursor) -> Result<Unwrap, ParseError> {
    cursor.expect("unwrap", &["unwrap"])?;
    let conversion = match cursor.peek() {
        Kind::Word("bytes") => Some(Conversion::Bytes),
        Kind::Word("duration") => Some(Conversion::Duration),
        Kind::Word("duration_seconds") => Some(Conversion::DurationSeconds),
        _ => None,
    };
    let label = if conversion.is_some() {
        cursor.advance();
        cursor.expect("(", &["("])?;
        let label = cursor.identifier(&["IDENTIFIER"])?;
        cursor.expect(")", &[")"])?;
        label
    } else {
        cursor.identifier(&["IDENTIFIER", "bytes", "duration", "duration_seconds"])?
    };
    Ok(Unwrap { label, conversion, filters: Vec::new() })
}
