//! Lines cut into tokens, and tokens joined to a pattern again.
//!
//! Plain text is cut at blanks and punctuation, so that `user=ann` keeps its key when the value
//! varies. Of a JSON line only the message is looked at. In logfmt, times and ids are variable
//! from the start.

/// What stands for a variable part.
pub(super) const PARAMETER: &str = "<_>";

/// Longer lines are left out (Loki).
const LINE_BYTES_MAX: usize = 3_000;
/// Lines with fewer or more tokens are left out (Loki).
const TOKENS: std::ops::RangeInclusive<usize> = 4..=80;
/// Fields of a JSON line that hold its message, the first that is there.
const MESSAGE_FIELDS: &[&str] = &["log", "message", "msg", "msg_", "_msg", "content"];

/// How a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Format {
    Json,
    Logfmt,
    Text,
}

/// A line's tokens, and after which of them blanks stand.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tokens {
    pub(super) format: Format,
    pub(super) texts: Vec<String>,
    /// For every blank the number of tokens before it.
    blanks: Vec<usize>,
}

impl Tokens {
    /// Cuts a line; `None` when nothing can be learnt from it.
    pub(super) fn of(line: &str) -> Option<Tokens> {
        let line = line.trim();
        if line.len() > LINE_BYTES_MAX {
            return None;
        }
        let tokens = if line.starts_with('{') && line.ends_with('}') {
            let (_, fields) = logql_engine::line_fields(line, |_| false);
            let message = MESSAGE_FIELDS
                .iter()
                .find_map(|name| fields.iter().find(|field| field.path.len() == 1 && field.name == *name))?;
            Tokens { format: Format::Json, ..text(&message.value) }
        } else if let Some(pairs) = logfmt(line) {
            pairs
        } else {
            text(line)
        };
        TOKENS.contains(&tokens.texts.len()).then_some(tokens)
    }

    /// The pattern these tokens stand for.
    pub(super) fn join(&self) -> String {
        let mut out = String::new();
        match self.format {
            Format::Logfmt => {
                for pair in self.texts.chunks(2) {
                    let [key, value] = pair else { continue };
                    if !out.is_empty() {
                        out.push(' ');
                    }
                    out.push_str(key);
                    out.push('=');
                    let plain = value == PARAMETER
                        || !value.chars().any(|next| next <= ' ' || next == '=' || next == '"');
                    if plain { out.push_str(value) } else { out.push_str(&logql_syntax::quote(value)) }
                }
            }
            Format::Json | Format::Text => {
                let mut blanks = self.blanks.iter().copied().peekable();
                for (index, token) in self.texts.iter().enumerate() {
                    while blanks.next_if(|before| *before <= index).is_some() {
                        out.push(' ');
                    }
                    out.push_str(token);
                }
                if self.format == Format::Json {
                    out = format!("{PARAMETER}{out}{PARAMETER}");
                }
            }
        }
        while out.contains("<_><_>") {
            out = out.replace("<_><_>", PARAMETER);
        }
        out
    }
}

fn text(line: &str) -> Tokens {
    let mut tokens = Tokens { format: Format::Text, texts: Vec::new(), blanks: Vec::new() };
    let mut start = 0;
    for (at, next) in line.char_indices() {
        if next.is_alphanumeric() || "_-.:/".contains(next) {
            continue;
        }
        let cuts = next == ' ' || next == '=' || next.is_ascii_punctuation();
        if !cuts || tokens.texts.len() > *TOKENS.end() {
            continue;
        }
        if at > start {
            tokens.texts.push(line.get(start..at).unwrap_or("").to_owned());
        }
        if next == ' ' {
            tokens.blanks.push(tokens.texts.len());
        } else {
            tokens.texts.push(next.to_string());
        }
        start = at + next.len_utf8();
    }
    if let Some(rest) = line.get(start..).filter(|rest| !rest.is_empty()) {
        tokens.texts.push(rest.to_owned());
    }
    tokens
}

/// Keys and values in turn, when the whole line is `key=value` pairs.
fn logfmt(line: &str) -> Option<Tokens> {
    let mut tokens = Tokens { format: Format::Logfmt, texts: Vec::new(), blanks: Vec::new() };
    let mut rest = line;
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=')?;
        if key.is_empty() || !key.chars().all(|next| next.is_ascii_alphanumeric() || next == '_') {
            return None;
        }
        let (value, tail) = match after.strip_prefix('"') {
            Some(quoted) => {
                let end = closing_quote(quoted)?;
                (quoted.get(..end)?, quoted.get(end + 1..)?)
            }
            None => after.split_at(after.find(' ').unwrap_or(after.len())),
        };
        let variable = key == "t"
            || ["ts", "traceid", "time", "timestamp"].iter().any(|name| key.eq_ignore_ascii_case(name));
        tokens.texts.push(key.to_owned());
        tokens.texts.push(if variable { PARAMETER.to_owned() } else { value.to_owned() });
        rest = match tail.strip_prefix(' ') {
            Some(next) => next,
            None if tail.is_empty() => "",
            None => return None,
        };
    }
    Some(tokens)
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_tokens_are_the_line() {
        for (line, format, expected) in [
            ("GET  /a/b took 5ms (ok)", Format::Text, "GET  /a/b took 5ms (ok)"),
            ("ts=5 level=info msg=\"a b\"", Format::Logfmt, "ts=<_> level=info msg=\"a b\""),
            (r#"{"msg":"user ann logged in","x":1}"#, Format::Json, "<_>user ann logged in<_>"),
            ("level=info a=b done", Format::Text, "level=info a=b done"),
        ] {
            let tokens = Tokens::of(line).unwrap();
            assert_eq!((tokens.format, tokens.join().as_str()), (format, expected));
        }
        for line in ["too few", "{\"x\":1}", &"a ".repeat(100), &"x".repeat(4000)] {
            assert_eq!(Tokens::of(line), None, "{line}");
        }
    }
}
