//! Tokens of a rule: names, strings in backticks or double quotes, and operators.

use super::RuleError;
use crate::limits::RULE_BYTES_MAX;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Name(String),
    Text(String),
    And,
    Or,
    Not,
    Open,
    Close,
    Comma,
}

/// A token and the byte it begins at.
pub(super) type Placed = (usize, Token);

pub(super) fn tokens(rule: &str) -> Result<Vec<Placed>, RuleError> {
    if rule.len() > RULE_BYTES_MAX {
        let help = format!("at most {RULE_BYTES_MAX} bytes are read");
        return Err(RuleError::new(0, "the rule is too long", help));
    }
    let mut found = Vec::new();
    let mut rest = rule.char_indices().peekable();
    while let Some((at, next)) = rest.next() {
        let token = match next {
            c if c.is_ascii_whitespace() => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            ',' => Token::Comma,
            '!' => Token::Not,
            '&' | '|' => {
                if rest.next_if(|(_, c)| *c == next).is_none() {
                    let help = format!("write {next}{next}");
                    return Err(RuleError::new(at, format!("a single {next}"), help));
                }
                if next == '&' { Token::And } else { Token::Or }
            }
            '`' => Token::Text(raw(&mut rest).ok_or_else(|| unclosed(at, '`'))?),
            '"' => Token::Text(quoted(at, &mut rest)?),
            '\'' => {
                let help = "put the value between backticks: Host(`example.org`)";
                return Err(RuleError::new(at, "single quotes are not strings here", help));
            }
            c if c.is_ascii_alphabetic() => {
                let mut name = String::from(c);
                while let Some((_, c)) = rest.next_if(|(_, c)| c.is_ascii_alphanumeric() || *c == '_') {
                    name.push(c);
                }
                Token::Name(name)
            }
            c => {
                let help =
                    "a rule is made of matchers such as Host(`example.org`), &&, ||, ! and parentheses";
                return Err(RuleError::new(at, format!("unexpected character {c:?}"), help));
            }
        };
        found.push((at, token));
    }
    Ok(found)
}

type Rest<'a> = std::iter::Peekable<std::str::CharIndices<'a>>;

fn unclosed(at: usize, quote: char) -> RuleError {
    RuleError::new(at, "the string has no end", format!("close it with {quote}"))
}

fn raw(rest: &mut Rest<'_>) -> Option<String> {
    let mut text = String::new();
    for (_, c) in rest.by_ref() {
        match c {
            '`' => return Some(text),
            // As in Go's raw strings.
            '\r' => {}
            c => text.push(c),
        }
    }
    None
}

/// A string with the escapes that Go's interpreted strings know.
fn quoted(start: usize, rest: &mut Rest<'_>) -> Result<String, RuleError> {
    let mut text = String::new();
    while let Some((at, c)) = rest.next() {
        match c {
            '"' => return Ok(text),
            '\n' => break,
            '\\' => {
                let escape = rest.next().map(|(_, c)| c).ok_or_else(|| unclosed(start, '"'))?;
                let simple = match escape {
                    'n' => Some('\n'),
                    't' => Some('\t'),
                    'r' => Some('\r'),
                    '\\' | '"' => Some(escape),
                    'x' => hex(rest, 2),
                    'u' => hex(rest, 4),
                    'U' => hex(rest, 8),
                    _ => None,
                };
                text.push(simple.ok_or_else(|| {
                    let help = "between backticks a backslash stands for itself: PathRegexp(`\\.php$`)";
                    RuleError::new(at, format!("unknown escape \\{escape}"), help)
                })?);
            }
            c => text.push(c),
        }
    }
    Err(unclosed(start, '"'))
}

fn hex(rest: &mut Rest<'_>, digits: usize) -> Option<char> {
    let mut value = 0_u32;
    for _ in 0..digits {
        value = value.checked_mul(16)? + rest.next()?.1.to_digit(16)?;
    }
    char::from_u32(value)
}
