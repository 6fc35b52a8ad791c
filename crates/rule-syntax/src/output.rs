//! Output formats: text with `%field`, `%field[argument]`, `%transformer(field)` and widths.

use crate::{
    Diagnostic, FieldExpr, Left, Span,
    lexer::Lexer,
    limits::TEXT_BYTES_MAX,
    parser::{Parser, error},
};

/// A parsed output format.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OutputFormat {
    /// Its parts in order.
    pub tokens: Vec<Token>,
}

/// One part of an output format.
#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// Printed as it is.
    Text(String),
    /// Replaced by a value.
    Value {
        /// What is printed.
        operand: Left,
        /// Pad or cut to this many characters.
        width: Option<usize>,
        /// Where it stands, `%` included.
        span: Span,
    },
}

/// Widths above this are cut to it, so that `%999999999proc.name` cannot fill memory.
pub(crate) const WIDTH_MAX: usize = 4_096;

/// Parses an output format. `is_field` says whether a name with this argument is a field: the
/// longest name that is one is taken, what follows it is text (`%proc.namex`).
pub fn parse_output(
    text: &str,
    is_field: &dyn Fn(&str, Option<&str>) -> bool,
) -> (OutputFormat, Vec<Diagnostic>) {
    let mut format = OutputFormat::default();
    let mut diagnostics = Vec::new();
    if text.len() > TEXT_BYTES_MAX {
        let message = format!("output is longer than {TEXT_BYTES_MAX} bytes");
        return (format, vec![error(Span::new(0, 1), message, "shorten it")]);
    }
    let mut literal = String::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(offset) = rest.find('%') else {
            literal.push_str(rest);
            break;
        };
        literal.push_str(rest.get(..offset).unwrap_or(""));
        let start = at + offset;
        match value(text, start, is_field) {
            Ok((token, end)) => {
                if !literal.is_empty() {
                    format.tokens.push(Token::Text(std::mem::take(&mut literal)));
                }
                format.tokens.push(token);
                at = end;
            }
            Err(diagnostic) => {
                diagnostics.push(diagnostic);
                at = start + 1;
            }
        }
    }
    if !literal.is_empty() {
        format.tokens.push(Token::Text(literal));
    }
    (format, diagnostics)
}

/// One field or transformer call that is the whole text: `proc.aname[2]`, `tolower(proc.name)`.
///
/// # Errors
/// A diagnostic when `text` is anything else.
pub fn parse_operand(text: &str) -> Result<Left, Diagnostic> {
    let mut parser = Parser { lexer: Lexer::new(text) };
    let operand = match parser.transform(0)? {
        Some(transform) => Some(Left::Transform(transform)),
        None => parser.field()?.map(Left::Field),
    };
    match operand {
        Some(operand) if parser.lexer.is_at_end() => Ok(operand),
        _ => Err(parser.expected("expected one field or transformer", "write proc.name, for example")),
    }
}

fn value(
    text: &str,
    start: usize,
    is_field: &dyn Fn(&str, Option<&str>) -> bool,
) -> Result<(Token, usize), Diagnostic> {
    let after = text.get(start + 1..).unwrap_or("");
    if after.is_empty() {
        return Err(error(
            Span::new(start, start + 1),
            "invalid formatting syntax: formatting cannot end with a %",
            "name a field after `%`, or leave it out",
        ));
    }
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    let width = after
        .get(..digits)
        .filter(|digits| !digits.is_empty())
        .map(|digits| digits.parse().unwrap_or(WIDTH_MAX).min(WIDTH_MAX));
    let at = start + 1 + digits;

    let mut parser = Parser { lexer: Lexer::new(text) };
    parser.lexer.at = at;
    if let Some(transform) = parser.transform(0)? {
        let end = parser.lexer.at;
        return Ok((
            Token::Value { operand: Left::Transform(transform), width, span: Span::new(start, end) },
            end,
        ));
    }
    let name = parser.lexer.field_name().map_or("", |span| text.get(span.start..span.end).unwrap_or(""));
    for length in (1..=name.len()).rev() {
        let Some(candidate) = name.get(..length) else { continue };
        let end = at + length;
        if let Some((argument, argument_end)) = argument(text, end)
            && is_field(candidate, Some(&argument))
        {
            let field = FieldExpr {
                name: candidate.to_owned(),
                argument: Some(argument),
                span: Span::new(at, argument_end),
            };
            let span = Span::new(start, argument_end);
            return Ok((Token::Value { operand: Left::Field(field), width, span }, argument_end));
        }
        if is_field(candidate, None) {
            let field = FieldExpr { name: candidate.to_owned(), argument: None, span: Span::new(at, end) };
            return Ok((
                Token::Value { operand: Left::Field(field), width, span: Span::new(start, end) },
                end,
            ));
        }
    }
    let shown = if name.is_empty() { after.chars().take(1).collect() } else { name.to_owned() };
    Err(error(
        Span::new(start, at + name.len().max(1).min(text.len().saturating_sub(at))),
        format!("invalid formatting token {shown}"),
        "a `%` is followed by the name of a field, such as %proc.name",
    ))
}

/// `[text]` at `at`: its text and where it ends.
fn argument(text: &str, at: usize) -> Option<(String, usize)> {
    let mut lexer = Lexer::new(text);
    lexer.at = at;
    if !lexer.take("[") {
        return None;
    }
    let argument = match lexer.quoted() {
        Some(Ok((quoted, _))) => quoted,
        Some(Err(_)) => return None,
        None => {
            let span = lexer.bare_argument()?;
            lexer.slice(span).to_owned()
        }
    };
    lexer.take("]").then_some((argument, lexer.at))
}
