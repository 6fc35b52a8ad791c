//! Tokens, taken on demand: what counts as a token depends on what the grammar expects there
//! (`a=b` is a value in one place, three tokens in another), so the parser asks for a kind.

use crate::{Diagnostic, Span};

/// A place in the text, and the tokens that may start there.
#[derive(Debug, Clone)]
pub(crate) struct Lexer<'t> {
    pub(crate) text: &'t str,
    pub(crate) at: usize,
    /// The last token, for messages.
    pub(crate) last: Span,
}

/// Falco's blank: backspace counts, form feed does not.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | 0x08 | b'\t' | b'\n' | b'\r')
}

impl<'t> Lexer<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Lexer { text, at: 0, last: Span::default() }
    }

    pub(crate) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// The text of a span.
    pub(crate) fn slice(&self, span: Span) -> &'t str {
        self.text.get(span.start..span.end).unwrap_or("")
    }

    /// Skips blanks; whether there were any.
    pub(crate) fn blank(&mut self) -> bool {
        let length = self.rest().bytes().take_while(|byte| is_blank(*byte)).count();
        self.at += length;
        length > 0
    }

    /// Takes `token` if it stands here, whatever follows it.
    pub(crate) fn take(&mut self, token: &str) -> bool {
        if !self.rest().starts_with(token) {
            return false;
        }
        self.advance(token.trim_end().len(), token.len());
        true
    }

    /// `[a-zA-Z]+[a-zA-Z0-9_]*`.
    pub(crate) fn identifier(&mut self) -> Option<Span> {
        let length = identifier_length(self.rest());
        (length > 0).then(|| self.advance(length, length))
    }

    /// Two or more identifiers joined by dots.
    pub(crate) fn field_name(&mut self) -> Option<Span> {
        let rest = self.rest();
        let mut length = identifier_length(rest);
        let mut parts = usize::from(length > 0);
        while parts > 0 && rest.as_bytes().get(length) == Some(&b'.') {
            match identifier_length(rest.get(length + 1..).unwrap_or("")) {
                0 => break,
                part => {
                    length += 1 + part;
                    parts += 1;
                }
            }
        }
        (parts > 1).then(|| self.advance(length, length))
    }

    /// `[^ \b\t\n\r\[\]"']+`.
    pub(crate) fn bare_argument(&mut self) -> Option<Span> {
        self.run(|byte| !is_blank(byte) && !matches!(byte, b'[' | b']' | b'"' | b'\''))
    }

    /// `[^ \b\t\n\r\(\),="']+`.
    pub(crate) fn bare_value(&mut self) -> Option<Span> {
        self.run(|byte| !is_blank(byte) && !matches!(byte, b'(' | b')' | b',' | b'=' | b'"' | b'\''))
    }

    /// Hexadecimal or decimal, with sign, fraction and exponent.
    pub(crate) fn number(&mut self) -> Option<Span> {
        let bytes = self.rest().as_bytes();
        let digits = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
        if let [b'0', b'x' | b'X', tail @ ..] = bytes {
            let length = tail.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            if length > 0 {
                return Some(self.advance(2 + length, 2 + length));
            }
        }
        let sign = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
        let whole = digits(sign);
        if whole == 0 {
            return None;
        }
        let mut length = sign + whole;
        if bytes.get(length) == Some(&b'.') {
            length += 1 + digits(length + 1);
        }
        if matches!(bytes.get(length), Some(b'e' | b'E'))
            && matches!(bytes.get(length + 1), Some(b'+' | b'-'))
        {
            let exponent = digits(length + 2);
            if exponent > 0 {
                length += 2 + exponent;
            }
        }
        Some(self.advance(length, length))
    }

    /// A quoted text with its escapes resolved, if a whole one starts here.
    pub(crate) fn quoted(&mut self) -> Option<Result<(String, Span), Diagnostic>> {
        let rest = self.rest();
        let quote = rest.bytes().next().filter(|byte| matches!(byte, b'"' | b'\''))?;
        let mut escaped = false;
        for (offset, byte) in rest.bytes().enumerate().skip(1) {
            if escaped {
                escaped = false;
            } else if byte == b'\\' {
                escaped = true;
            } else if byte == quote {
                let inner = rest.get(1..offset)?;
                let start = self.at;
                let span = self.advance(offset + 1, offset + 1);
                return Some(unescape(inner, quote, start + 1).map(|text| (text, span)));
            }
        }
        None
    }

    fn run(&mut self, wanted: impl Fn(u8) -> bool) -> Option<Span> {
        let length = self.rest().bytes().take_while(|byte| wanted(*byte)).count();
        (length > 0).then(|| self.advance(length, length))
    }

    fn advance(&mut self, token: usize, all: usize) -> Span {
        self.last = Span::new(self.at, self.at + token);
        self.at += all;
        self.last
    }
}

fn identifier_length(text: &str) -> usize {
    match text.bytes().next() {
        Some(first) if first.is_ascii_alphabetic() => {
            text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
        }
        _ => 0,
    }
}

/// Falco's escapes: `\b \f \n \r \t \\ \/`, and the quote that surrounds the text. A backslash
/// before a blank stands for a backslash, and the blank is lost (Falco 0.44 does that).
fn unescape(inner: &str, quote: u8, start: usize) -> Result<String, Diagnostic> {
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.char_indices();
    while let Some((offset, c)) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let next = chars.next().map_or('\\', |(_, next)| next);
        out.push(match next {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '\\' | ' ' => '\\',
            '/' => '/',
            '"' if quote == b'"' => '"',
            '\'' if quote == b'\'' => '\'',
            other => {
                return Err(Diagnostic {
                    message: format!("unsupported string escape sequence: \\{other}"),
                    span: Span::new(start + offset, start + offset + 1 + other.len_utf8()),
                    help: Some(
                        "known escapes are \\b \\f \\n \\r \\t \\\\ \\/ and the surrounding quote; write \\\\ for a backslash"
                            .to_owned(),
                    ),
                });
            }
        });
    }
    Ok(out)
}
