//! Go's regular expressions in the regex crate's words.
//!
//! The two differ where logs notice: Go's `\d \w \s \b` are ASCII, and inside a Go class `[`,
//! `&&`, `--` and `~~` are plain characters.

use regex::{Regex, RegexBuilder};

use crate::{error::QueryError, limits};

/// Compiles a Go pattern.
pub(crate) fn regex(pattern: &str) -> Result<Regex, QueryError> {
    RegexBuilder::new(&translate(pattern)).size_limit(limits::REGEX_BYTES_MAX).build().map_err(|error| {
        let reason = logql_syntax::regex_mistake(pattern).unwrap_or_else(|| error.to_string());
        QueryError::BadRequest(format!("error parsing regexp: {reason}"))
    })
}

/// Compiles a Go pattern that must match the whole text.
pub(crate) fn anchored(pattern: &str) -> Result<Regex, QueryError> {
    regex(&format!("^(?s:{pattern})$"))
}

fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern.chars().peekable();
    let mut in_class = false;
    let mut class_start = false;
    while let Some(next) = rest.next() {
        let starts = std::mem::take(&mut class_start);
        match next {
            '\\' => match rest.next() {
                Some('d') => out.push_str("[0-9]"),
                Some('D') => out.push_str("[^0-9]"),
                Some('w') => out.push_str("[0-9A-Za-z_]"),
                Some('W') => out.push_str("[^0-9A-Za-z_]"),
                Some('s') => out.push_str("[\\t\\n\\f\\r ]"),
                Some('S') => out.push_str("[^\\t\\n\\f\\r ]"),
                Some('b') if !in_class => out.push_str("(?-u:\\b)"),
                Some('Q') if !in_class => {
                    let mut literal = String::new();
                    while let Some(inner) = rest.next() {
                        if inner == '\\' && rest.peek() == Some(&'E') {
                            rest.next();
                            break;
                        }
                        literal.push(inner);
                    }
                    out.push_str(&regex::escape(&literal));
                }
                Some(escaped) => out.extend(['\\', escaped]),
                None => out.push('\\'),
            },
            '[' if !in_class => {
                in_class = true;
                class_start = true;
                out.push('[');
                if rest.peek() == Some(&'^') {
                    rest.next();
                    out.push('^');
                }
            }
            '[' if rest.peek() == Some(&':') => out.push('['),
            ']' if in_class && !starts && !out.ends_with(':') => {
                in_class = false;
                out.push(']');
            }
            '[' | '&' | '~' if in_class => out.extend(['\\', next]),
            _ => out.push(next),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_classes_become_ours() {
        for (pattern, text, expected) in [
            (r"^\w+$", "ünï", false),
            (r"\d", "٣", false),
            (r"[\w.]+@", "a.b@", true),
            (r"[[a]", "[", true),
            (r"[[:alpha:]]+1", "ab1", true),
            (r"\Qa.b\E$", "a.b", true),
            (r"[]a]", "]", true),
        ] {
            assert_eq!(regex(pattern).unwrap().is_match(text), expected, "{pattern}");
        }
    }
}
