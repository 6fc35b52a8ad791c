//! A pull scanner over one JSON text, with the error texts of the parser Loki uses.

const OBJECT: &str = "Value looks like object, but can't find closing '}' symbol";
const ARRAY: &str = "Value looks like array, but can't find closing ']' symbol";
const TEXT: &str = "Value is string, but can't find closing '\"' symbol";
const PLAIN: &str = "Value looks like Number/Boolean/None, but can't find its end: ',' or '}' symbol";
const UNKNOWN: &str = "Unknown value type";

pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    first: Vec<bool>,
}

/// A value. Objects are open (their members follow), arrays are already skipped.
pub(super) enum Token<'a> {
    Object,
    Array,
    Text(Quoted<'a>),
    Plain(&'a str),
    Null,
}

/// The inside of a JSON string.
#[derive(Clone, Copy)]
pub(super) struct Quoted<'a> {
    raw: &'a str,
    escaped: bool,
}

impl<'a> Quoted<'a> {
    /// Appends the decoded text.
    pub(super) fn push_to(self, out: &mut String) {
        if self.escaped { unescape(self.raw, out) } else { out.push_str(self.raw) }
    }

    /// Calls `visit` with the decoded text; copies only when there are escapes.
    pub(super) fn with_text(self, visit: impl FnOnce(&str)) {
        if self.escaped {
            let mut out = String::new();
            unescape(self.raw, &mut out);
            visit(&out);
        } else {
            visit(self.raw);
        }
    }
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Scanner { text, at: 0, first: Vec::new() }
    }

    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(next) = bytes.get(self.at) {
            if !matches!(next, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(*next);
            }
            self.at += 1;
        }
        None
    }

    /// Steps into an object.
    pub(super) fn open_object(&mut self) -> Result<(), &'static str> {
        if self.peek() != Some(b'{') {
            return Err(OBJECT);
        }
        self.at += 1;
        self.first.push(true);
        Ok(())
    }

    /// The next key of the innermost object, or `None` at its end.
    pub(super) fn next_key(&mut self) -> Result<Option<Quoted<'a>>, &'static str> {
        let first = self.first.last().copied().unwrap_or(true);
        match self.peek() {
            Some(b'}') => {
                self.at += 1;
                self.first.pop();
                return Ok(None);
            }
            Some(b',') if !first => {
                self.at += 1;
                self.peek();
            }
            Some(_) if first => {}
            _ => return Err(OBJECT),
        }
        if let Some(first) = self.first.last_mut() {
            *first = false;
        }
        if self.peek() != Some(b'"') {
            return Err(OBJECT);
        }
        let key = self.quoted()?;
        if self.peek() != Some(b':') {
            return Err(OBJECT);
        }
        self.at += 1;
        Ok(Some(key))
    }

    /// The value at hand. An object is left to be opened or skipped.
    pub(super) fn value(&mut self) -> Result<Token<'a>, &'static str> {
        match self.peek() {
            Some(b'"') => Ok(Token::Text(self.quoted()?)),
            Some(b'{') => Ok(Token::Object),
            Some(b'[') => {
                self.skip_block(b'[', b']', ARRAY)?;
                Ok(Token::Array)
            }
            _ => self.plain(),
        }
    }

    /// The text of the object or array at hand, which is skipped.
    pub(super) fn block_text(&mut self) -> Result<&'a str, &'static str> {
        let open = self.peek();
        let start = self.at;
        match open {
            Some(b'[') => self.skip_block(b'[', b']', ARRAY)?,
            _ => self.skip_object()?,
        }
        Ok(self.text.get(start..self.at).unwrap_or(""))
    }

    pub(super) fn skip_object(&mut self) -> Result<(), &'static str> {
        self.skip_block(b'{', b'}', OBJECT)
    }

    /// The first byte of what comes next.
    pub(super) fn next_byte(&mut self) -> Option<u8> {
        self.peek()
    }

    /// Skips this byte.
    pub(super) fn step(&mut self) {
        self.at += 1;
    }

    fn plain(&mut self) -> Result<Token<'a>, &'static str> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or(&[]);
        let length = rest
            .iter()
            .position(|next| matches!(next, b' ' | b'\t' | b'\n' | b'\r' | b',' | b'}' | b']'))
            .ok_or(PLAIN)?;
        let text = self.text.get(self.at..self.at + length).ok_or(UNKNOWN)?;
        self.at += length;
        match text.as_bytes().first() {
            Some(b'n') if text == "null" => Ok(Token::Null),
            Some(b't' | b'f') if text == "true" || text == "false" => Ok(Token::Plain(text)),
            Some(b'0'..=b'9' | b'-') => Ok(Token::Plain(text)),
            _ => Err(UNKNOWN),
        }
    }

    fn quoted(&mut self) -> Result<Quoted<'a>, &'static str> {
        let start = self.at + 1;
        let bytes = self.text.as_bytes();
        let mut at = start;
        let mut escaped = false;
        loop {
            let found = memchr::memchr2(b'"', b'\\', bytes.get(at..).unwrap_or(&[])).ok_or(TEXT)?;
            at += found;
            if bytes.get(at) == Some(&b'"') {
                self.at = at + 1;
                return Ok(Quoted { raw: self.text.get(start..at).unwrap_or(""), escaped });
            }
            escaped = true;
            at += 2;
        }
    }

    fn skip_block(&mut self, open: u8, close: u8, error: &'static str) -> Result<(), &'static str> {
        let mut depth = 0usize;
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or(&[]);
            let found = memchr::memchr3(open, close, b'"', rest).ok_or(error)?;
            let next = rest.get(found).copied();
            self.at += found;
            if next == Some(b'"') {
                self.quoted().map_err(|_| error)?;
                continue;
            }
            self.at += 1;
            if next == Some(open) {
                depth += 1;
            } else {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Ok(());
                }
            }
        }
    }
}

/// JSON escapes; a lone surrogate becomes the replacement character.
pub(super) fn unescape(raw: &str, out: &mut String) {
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(rest.get(..at).unwrap_or(""));
        let mut tail = rest.get(at + 1..).unwrap_or("").chars();
        match tail.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('u') => {
                let (code, after) = unicode(tail.as_str());
                out.push(code);
                rest = after;
                continue;
            }
            Some(other) => out.push(other),
            None => {}
        }
        rest = tail.as_str();
    }
    out.push_str(rest);
}

/// The four hex digits after `\u`, and a second escape when they are a surrogate pair.
fn unicode(text: &str) -> (char, &str) {
    let hex = |text: &str| text.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let Some(high) = hex(text) else { return (char::REPLACEMENT_CHARACTER, text) };
    let after = text.get(4..).unwrap_or("");
    if (0xd800..0xdc00).contains(&high)
        && let Some(low) =
            after.strip_prefix("\\u").and_then(hex).filter(|low| (0xdc00..0xe000).contains(low))
    {
        let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        let rest = after.get(6..).unwrap_or("");
        return (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), rest);
    }
    (char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), after)
}
