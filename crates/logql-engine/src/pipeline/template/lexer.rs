//! Template text to pieces: literal text, and the tokens of actions with their places.

/// A token inside `{{ }}`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// `.name`, or `.` alone as an empty name; `.a.b` is two that touch.
    Field(String),
    /// `$name`; `$` alone as an empty name.
    Variable(String),
    Word(String),
    Text(String),
    Number(String),
    /// A character constant, a number in Go.
    Character(char),
    /// `( ) | , = :=`
    Mark(&'static str),
}

/// A token and where it stands, in bytes from the start of the template.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) start: usize,
    pub(super) end: usize,
    /// As it was written.
    pub(super) source: String,
}

/// Literal text or one action's tokens.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Text(String),
    Action(Vec<Placed>),
}

/// Splits a template; errors are Go's, without their head.
pub(super) fn pieces(template: &str) -> Result<Vec<Piece>, Mistake> {
    let mut pieces = Vec::new();
    let mut rest = template;
    let mut trim_next = false;
    while let Some((before, after)) = rest.split_once("{{") {
        let mut text = if trim_next { before.trim_start() } else { before };
        let mut inner = after;
        if let Some(trimmed) = after.strip_prefix('-').filter(|tail| tail.starts_with(is_blank)) {
            text = text.trim_end();
            inner = trimmed;
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text.to_owned()));
        }
        let at = template.len() - inner.len();
        if let Some(comment) = inner.trim_start().strip_prefix("/*") {
            let mistake = |text: &str| Mistake { text: text.to_owned(), at };
            let (_, tail) = comment.split_once("*/").ok_or_else(|| mistake("unclosed comment"))?;
            let (trimmed, tail) =
                end_of_action(tail).ok_or_else(|| mistake("comment ends before closing delimiter"))?;
            trim_next = trimmed;
            rest = tail;
            continue;
        }
        let (tokens, trimmed, tail) = action(template, inner)?;
        trim_next = trimmed;
        pieces.push(Piece::Action(tokens));
        rest = tail;
    }
    let text = if trim_next { rest.trim_start() } else { rest };
    if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
    Ok(pieces)
}

/// What is wrong with a template, and where.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mistake {
    pub(super) text: String,
    pub(super) at: usize,
}

fn is_blank(next: char) -> bool {
    matches!(next, ' ' | '\t' | '\r' | '\n')
}

/// Whether the following text is trimmed, and what follows. A trim mark has a blank before it.
fn end_of_action(text: &str) -> Option<(bool, &str)> {
    let blanks = text.len() - text.trim_start_matches(is_blank).len();
    let inner = text.trim_start_matches(is_blank);
    match inner.strip_prefix("-}}").filter(|_| blanks > 0) {
        Some(tail) => Some((true, tail)),
        None => inner.strip_prefix("}}").map(|tail| (false, tail)),
    }
}

fn action<'a>(template: &str, text: &'a str) -> Result<(Vec<Placed>, bool, &'a str), Mistake> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        if let Some((trimmed, tail)) = end_of_action(rest) {
            return Ok((tokens, trimmed, tail));
        }
        rest = rest.trim_start_matches(is_blank);
        let start = template.len() - rest.len();
        let (token, tail) = token(rest).map_err(|text| Mistake { text, at: start })?;
        let end = template.len() - tail.len();
        let source = template.get(start..end).unwrap_or("").to_owned();
        tokens.push(Placed { token, start, end, source });
        rest = tail;
    }
}

fn token(text: &str) -> Result<(Token, &str), String> {
    let Some(first) = text.chars().next() else { return Err("unclosed action".to_owned()) };
    for mark in [":=", "(", ")", "|", ",", "="] {
        if let Some(tail) = text.strip_prefix(mark) {
            return Ok((Token::Mark(mark), tail));
        }
    }
    let word_end =
        |text: &str| text.find(|next: char| !(next == '_' || next.is_alphanumeric())).unwrap_or(text.len());
    match first {
        '"' => quoted(text),
        '\'' => character(text),
        '`' => {
            let inner = text.get(1..).unwrap_or("");
            let (raw, tail) = inner.split_once('`').ok_or("unterminated raw quoted string")?;
            Ok((Token::Text(raw.to_owned()), tail))
        }
        '.' | '$' => {
            let inner = text.get(1..).unwrap_or("");
            if first == '.' && inner.starts_with(|next: char| next.is_ascii_digit()) {
                return Ok(number(text));
            }
            let (name, tail) = inner.split_at(word_end(inner));
            let name = name.to_owned();
            Ok((if first == '.' { Token::Field(name) } else { Token::Variable(name) }, tail))
        }
        '-' | '+' | '0'..='9' => Ok(number(text)),
        first if first == '_' || first.is_alphabetic() => {
            let (word, tail) = text.split_at(word_end(text));
            Ok((Token::Word(word.to_owned()), tail))
        }
        other => Err(format!("unexpected bad character {:X} in command", Unicode(other))),
    }
}

/// `U+007B '{'`, as Go shows a character.
struct Unicode(char);

impl std::fmt::UpperHex for Unicode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "U+{:04X} '{}'", u32::from(self.0), self.0)
    }
}

fn character(text: &str) -> Result<(Token, &str), String> {
    let bad = || "unterminated character constant".to_owned();
    let inner = text.get(1..).unwrap_or("");
    let escaped = inner.starts_with('\\');
    let end = inner
        .char_indices()
        .skip(if escaped { 2 } else { 1 })
        .find(|(_, next)| *next == '\'')
        .map(|(at, _)| at)
        .ok_or_else(bad)?;
    let raw = inner.get(..end).unwrap_or("");
    let plain = logql_syntax::unquote(raw).ok_or_else(bad)?;
    let value = plain.chars().next().ok_or_else(bad)?;
    Ok((Token::Character(value), inner.get(end + 1..).unwrap_or("")))
}

fn number(text: &str) -> (Token, &str) {
    let mut before = ' ';
    let end = text
        .char_indices()
        .find(|(at, next)| {
            let sign = matches!(next, '-' | '+') && (*at == 0 || matches!(before, 'e' | 'E'));
            let inside = next.is_ascii_alphanumeric() || matches!(next, '.' | '_') || sign;
            before = *next;
            !inside
        })
        .map_or(text.len(), |(at, _)| at);
    let (number, tail) = text.split_at(end.max(1));
    (Token::Number(number.to_owned()), tail)
}

fn quoted(text: &str) -> Result<(Token, &str), String> {
    let mut escaped = false;
    for (at, next) in text.char_indices().skip(1) {
        match next {
            '\n' => break,
            '\\' if !escaped => escaped = true,
            '"' if !escaped => {
                let inner = text.get(1..at).unwrap_or("");
                let value = logql_syntax::unquote(inner).ok_or_else(|| "invalid syntax".to_owned())?;
                return Ok((Token::Text(value), text.get(at + 1..).unwrap_or("")));
            }
            _ => escaped = false,
        }
    }
    Err("unterminated quoted string".to_owned())
}
