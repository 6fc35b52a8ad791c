//! Template text to pieces: literal text, and the tokens of actions.

/// A token inside `{{ }}`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// `.name`, or `.` alone as an empty name; `.a.b` is two.
    Field(String),
    /// `$name`
    Variable(String),
    Word(String),
    Text(String),
    Number(String),
    /// `( ) | , = :=`
    Mark(&'static str),
}

/// Literal text or one action's tokens.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Text(String),
    Action(Vec<Token>),
}

/// Splits a template; errors are Go's.
pub(super) fn pieces(template: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = template;
    let mut trim_next = false;
    while let Some((before, after)) = rest.split_once("{{") {
        let mut text = if trim_next { before.trim_start() } else { before };
        let inner = match after.strip_prefix("- ") {
            Some(inner) => {
                text = text.trim_end();
                inner
            }
            None => after,
        };
        if !text.is_empty() {
            pieces.push(Piece::Text(text.to_owned()));
        }
        if let Some(comment) = inner.trim_start().strip_prefix("/*") {
            let (_, tail) = comment.split_once("*/").ok_or("template: line:1: unclosed comment")?;
            let (trimmed, tail) = end_of_action(tail.trim_start())
                .ok_or("template: line:1: comment ends before closing delimiter")?;
            trim_next = trimmed;
            rest = tail;
            continue;
        }
        let (tokens, trimmed, tail) = action(inner)?;
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

/// Whether the following text is trimmed, and what follows.
fn end_of_action(text: &str) -> Option<(bool, &str)> {
    match text.strip_prefix("-}}") {
        Some(tail) => Some((true, tail)),
        None => text.strip_prefix("}}").map(|tail| (false, tail)),
    }
}

fn action(text: &str) -> Result<(Vec<Token>, bool, &str), String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if let Some((trimmed, tail)) = end_of_action(rest) {
            return Ok((tokens, trimmed, tail));
        }
        let (token, tail) = token(rest)?;
        tokens.push(token);
        rest = tail;
    }
}

fn token(text: &str) -> Result<(Token, &str), String> {
    let Some(first) = text.chars().next() else { return Err("template: line:1: unclosed action".to_owned()) };
    for mark in [":=", "(", ")", "|", ",", "="] {
        if let Some(tail) = text.strip_prefix(mark) {
            return Ok((Token::Mark(mark), tail));
        }
    }
    let word_end =
        |text: &str| text.find(|next: char| !(next == '_' || next.is_alphanumeric())).unwrap_or(text.len());
    match first {
        '"' => quoted(text),
        '`' => {
            let inner = text.get(1..).unwrap_or("");
            let (raw, tail) =
                inner.split_once('`').ok_or("template: line:1: unterminated raw quoted string")?;
            Ok((Token::Text(raw.to_owned()), tail))
        }
        '.' | '$' => {
            let inner = text.get(1..).unwrap_or("");
            let starts_number = first == '.' && inner.starts_with(|next: char| next.is_ascii_digit());
            if starts_number {
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
        other => Err(format!("template: line:1: unexpected {other:?} in command")),
    }
}

fn number(text: &str) -> (Token, &str) {
    let end = text
        .char_indices()
        .find(|(at, next)| {
            !(next.is_ascii_alphanumeric() || *next == '.' || (*at == 0 && matches!(next, '-' | '+')))
        })
        .map_or(text.len(), |(at, _)| at);
    let (number, tail) = text.split_at(end.max(1));
    (Token::Number(number.to_owned()), tail)
}

fn quoted(text: &str) -> Result<(Token, &str), String> {
    let mut escaped = false;
    for (at, next) in text.char_indices().skip(1) {
        match next {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => {
                let inner = text.get(1..at).unwrap_or("");
                let text_value = logql_syntax::unquote(inner)
                    .ok_or_else(|| "template: line:1: invalid syntax in quoted string".to_owned())?;
                return Ok((Token::Text(text_value), text.get(at + 1..).unwrap_or("")));
            }
            _ => escaped = false,
        }
    }
    Err("template: line:1: unterminated quoted string".to_owned())
}
