//! Whole queries, operands and binary operations.

use super::{
    cursor::{Cursor, ParseError},
    metric, pipeline,
};
use crate::{
    ast::{Binary, BinaryOperator, Expr, LogExpr, Matcher, SampleExpr, VectorMatching},
    check, lexer, limits, print,
    token::Kind,
};

/// Parses and checks a query.
///
/// # Errors
/// [`ParseError`] with Loki's text and position.
pub fn parse(query: &str) -> Result<Expr, ParseError> {
    if query.len() > limits::QUERY_BYTES_MAX {
        return Err(ParseError::meaning(format!(
            "input size too long ({} > {})",
            query.len(),
            limits::QUERY_BYTES_MAX
        )));
    }
    let mut cursor = Cursor::new(lexer::tokens(query));
    let expr = expression(&mut cursor, 0)?;
    if *cursor.peek() != Kind::End {
        return Err(cursor.unexpected(&[]));
    }
    check::expression(&expr)?;
    Ok(expr)
}

/// Parses a bare stream selector, `{}` included, as `series` and `labels` take it.
///
/// # Errors
/// [`ParseError`]; `only label matchers are supported` for anything more than a selector.
pub fn parse_selector(query: &str) -> Result<Vec<Matcher>, ParseError> {
    if query.len() > limits::QUERY_BYTES_MAX {
        return Err(ParseError::meaning("input size too long"));
    }
    let mut cursor = Cursor::new(lexer::tokens(query));
    match expression(&mut cursor, 0)? {
        Expr::Log(LogExpr { matchers, stages }) if stages.is_empty() && *cursor.peek() == Kind::End => {
            for matcher in &matchers {
                check::regex_of(matcher)?;
            }
            Ok(matchers)
        }
        _ if *cursor.peek() != Kind::End => Err(cursor.unexpected(&[])),
        _ => Err(ParseError::meaning("only label matchers are supported")),
    }
}

/// An expression whose operators bind at least as tight as `floor`.
pub(super) fn expression(cursor: &mut Cursor, floor: u8) -> Result<Expr, ParseError> {
    cursor.enter()?;
    let mut left = operand(cursor)?;
    while let Some((op, strength)) = binary_operator(cursor.peek()).filter(|(_, strength)| *strength >= floor)
    {
        cursor.advance();
        let (return_bool, matching) = modifiers(cursor)?;
        // `^` binds to the right, all others to the left.
        let right_floor = if op == BinaryOperator::Pow { strength } else { strength + 1 };
        let right = expression(cursor, right_floor)?;
        left = Expr::Sample(binary(op, left, right, return_bool, matching)?);
    }
    cursor.leave();
    Ok(left)
}

/// The same where only numbers make sense: inside `sum(…)`.
pub(super) fn sample(cursor: &mut Cursor) -> Result<SampleExpr, ParseError> {
    match expression(cursor, 0)? {
        Expr::Sample(expr) => Ok(expr),
        Expr::Log(_) => Err(cursor.unexpected(&[])),
    }
}

fn operand(cursor: &mut Cursor) -> Result<Expr, ParseError> {
    match cursor.peek().clone() {
        Kind::Word("{") => pipeline::log(cursor).map(Expr::Log),
        Kind::Word("(") => {
            cursor.advance();
            let inner = expression(cursor, 0)?;
            cursor.expect(")", &[])?;
            Ok(inner)
        }
        Kind::Number(_) => number(cursor, 1.0),
        Kind::Word("+") if matches!(cursor.peek_at(1), Kind::Number(_)) => {
            cursor.advance();
            number(cursor, 1.0)
        }
        Kind::Word("-") if matches!(cursor.peek_at(1), Kind::Number(_)) => {
            cursor.advance();
            number(cursor, -1.0)
        }
        Kind::Word(sign @ ("+" | "-")) => {
            cursor.expect(sign, &[])?;
            Err(cursor.unexpected(&["NUMBER"]))
        }
        Kind::Word(word) => match metric::call(cursor, word)? {
            Some(expr) => Ok(Expr::Sample(expr)),
            None => Err(cursor.unexpected(&[])),
        },
        _ => Err(cursor.unexpected(&[])),
    }
}

fn number(cursor: &mut Cursor, sign: f64) -> Result<Expr, ParseError> {
    match cursor.advance() {
        Kind::Number(text) => {
            parse_number(&text).map(|value| Expr::Sample(SampleExpr::Literal(sign * value)))
        }
        _ => Err(cursor.unexpected(&["NUMBER"])),
    }
}

/// A number literal of Go.
pub(super) fn parse_number(text: &str) -> Result<f64, ParseError> {
    if let Some(digits) = text.strip_prefix("0x").or(text.strip_prefix("0X"))
        && let Ok(value) = u64::from_str_radix(digits, 16)
    {
        return Ok(value as f64);
    }
    text.parse().map_err(|_| {
        ParseError::meaning(format!(
            "unable to parse literal as a float: strconv.ParseFloat: parsing {}: invalid syntax",
            print::quote(text)
        ))
    })
}

fn binary_operator(kind: &Kind) -> Option<(BinaryOperator, u8)> {
    let Kind::Word(word) = kind else { return None };
    Some(match *word {
        "or" => (BinaryOperator::Or, 0),
        "and" => (BinaryOperator::And, 1),
        "unless" => (BinaryOperator::Unless, 1),
        "==" => (BinaryOperator::Equal, 2),
        "!=" => (BinaryOperator::NotEqual, 2),
        ">" => (BinaryOperator::Greater, 2),
        ">=" => (BinaryOperator::GreaterOrEqual, 2),
        "<" => (BinaryOperator::Less, 2),
        "<=" => (BinaryOperator::LessOrEqual, 2),
        "+" => (BinaryOperator::Add, 3),
        "-" => (BinaryOperator::Sub, 3),
        "*" => (BinaryOperator::Mul, 4),
        "/" => (BinaryOperator::Div, 4),
        "%" => (BinaryOperator::Mod, 4),
        "^" => (BinaryOperator::Pow, 5),
        _ => return None,
    })
}

fn modifiers(cursor: &mut Cursor) -> Result<(bool, VectorMatching), ParseError> {
    let return_bool = cursor.take("bool");
    let mut matching = VectorMatching::default();
    let on = cursor.is("on");
    if on || cursor.is("ignoring") {
        cursor.advance();
        matching.on = Some(on);
        matching.labels = name_list(cursor)?;
        let left = cursor.is("group_left");
        if left || cursor.is("group_right") {
            cursor.advance();
            matching.group_left = Some(left);
            // `group_left (a)` holds labels; `group_left (rate(…))` is the right side.
            let names_follow = cursor.is("(")
                && (cursor.is_at(1, ")")
                    || (matches!(cursor.peek_at(1), Kind::Identifier(_))
                        && (cursor.is_at(2, ",") || cursor.is_at(2, ")"))));
            if names_follow {
                matching.include = name_list(cursor)?;
            }
        }
    }
    Ok((return_bool, matching))
}

/// `(a, b)`, also empty.
pub(super) fn name_list(cursor: &mut Cursor) -> Result<Vec<String>, ParseError> {
    cursor.expect("(", &["("])?;
    let mut names = Vec::new();
    if cursor.take(")") {
        return Ok(names);
    }
    names.push(cursor.identifier(&["IDENTIFIER", ")"])?);
    while !cursor.take(")") {
        cursor.expect(",", &[",", ")"])?;
        names.push(cursor.identifier(&["IDENTIFIER"])?);
    }
    Ok(names)
}

fn binary(
    op: BinaryOperator,
    left: Expr,
    right: Expr,
    return_bool: bool,
    matching: VectorMatching,
) -> Result<SampleExpr, ParseError> {
    let side = |expr: Expr, leg: &str| match expr {
        Expr::Sample(expr) => Ok(expr),
        Expr::Log(log) => Err(ParseError::meaning(format!(
            "unexpected type for {leg} leg of binary operation ({}): {}",
            print::binary_operator(op),
            if log.stages.is_empty() { "*syntax.MatchersExpr" } else { "*syntax.PipelineExpr" }
        ))),
    };
    let (left, right) = (side(left, "left")?, side(right, "right")?);
    let set = matches!(op, BinaryOperator::Or | BinaryOperator::And | BinaryOperator::Unless);
    for (leg, expr) in [("left", &left), ("right", &right)] {
        if let (true, SampleExpr::Literal(value)) = (set, expr) {
            return Err(ParseError::meaning(format!(
                "unexpected literal for {leg} leg of logical/set binary operation ({}): {value:.6}",
                print::binary_operator(op)
            )));
        }
    }
    // Loki reduces two literals where it reads them.
    if let (SampleExpr::Literal(left), SampleExpr::Literal(right)) = (&left, &right) {
        return Ok(SampleExpr::Literal(op.of_literals(*left, *right)));
    }
    Ok(SampleExpr::Binary(Binary { op, left: Box::new(left), right: Box::new(right), return_bool, matching }))
}
