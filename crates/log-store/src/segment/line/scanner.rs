//! Walks over JSON text. What could be read in two ways is "unclean": its line stays whole, and
//! the query's own parser decides.

/// The line cannot be trusted to be what another parser finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unclean;

/// A place in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scanner<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn skip_space(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    pub(super) fn peek(&mut self) -> Option<u8> {
        self.skip_space();
        self.byte()
    }

    pub(super) fn take_if(&mut self, wanted: u8) -> bool {
        let is_there = self.peek() == Some(wanted);
        self.at += usize::from(is_there);
        is_there
    }

    pub(super) fn expect(&mut self, wanted: u8) -> Result<(), Unclean> {
        if self.take_if(wanted) { Ok(()) } else { Err(Unclean) }
    }

    pub(super) fn word(&mut self, word: &str) -> Result<(), Unclean> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or(&[]);
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(())
        } else {
            Err(Unclean)
        }
    }

    /// Behind the opening quote: the inside of a string as written, and whether it has escapes.
    pub(super) fn string_body(&mut self) -> Result<(&'a str, bool), Unclean> {
        let start = self.at;
        let mut is_escaped = false;
        let bytes = self.text.as_bytes().get(start..).unwrap_or(&[]);
        let mut from = 0;
        loop {
            let found = memchr::memchr2(b'"', b'\\', bytes.get(from..).unwrap_or(&[])).ok_or(Unclean)?;
            let place = from + found;
            if bytes.get(place) == Some(&b'"') {
                self.at = start + place + 1;
                let raw = self.text.get(start..start + place).ok_or(Unclean)?;
                return Ok((raw, is_escaped));
            }
            is_escaped = true;
            from = place + 2;
        }
    }

    /// A number as written.
    pub(super) fn number(&mut self) -> Result<&'a str, Unclean> {
        let start = self.at;
        self.at += usize::from(self.byte() == Some(b'-'));
        self.digits()?;
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            self.digits()?;
        }
        self.text.get(start..self.at).ok_or(Unclean)
    }

    fn digits(&mut self) -> Result<(), Unclean> {
        let start = self.at;
        while matches!(self.byte(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err(Unclean) }
    }

    /// An array as written; its inside is only followed as far as brackets and strings go, as
    /// the parser that Loki uses does.
    pub(super) fn array(&mut self, depth_max: usize) -> Result<&'a str, Unclean> {
        let start = self.at;
        let mut open = 0;
        loop {
            match self.peek().ok_or(Unclean)? {
                b'"' => {
                    self.at += 1;
                    self.string_body()?;
                    continue;
                }
                b'[' | b'{' => open += 1,
                b']' | b'}' => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return self.text.get(start..self.at).ok_or(Unclean);
            }
            if open > depth_max {
                return Err(Unclean);
            }
        }
    }
}

/// The number that a text is, when writing the number gives the same text.
pub(super) fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = !digits.is_empty()
        && digits.len() <= 19
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (!digits.starts_with('0') || text == "0");
    if is_plain { text.parse().ok() } else { None }
}
