//! Text to tokens, as Loki's lexer does it over Go's `text/scanner`.
//!
//! Two of its habits show in error messages and are kept: columns count characters, and a token
//! whose tail is read with `Next` (ranges, durations, sizes, two-character operators) loses its
//! line, which is then printed as 0.

use crate::{
    token::{FLAGS, FUNCTIONS, KEYWORDS, Kind, PAIRS, SINGLES, Token},
    units,
};

/// Splits a query into tokens; the last one is `End` or `Broken`.
pub(crate) fn tokens(query: &str) -> Vec<Token> {
    let mut lexer = Lexer { text: query.chars().collect(), at: 0, line: 1, column: 1 };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.token();
        let last = matches!(token.kind, Kind::End | Kind::Broken(_));
        tokens.push(token);
        if last {
            return tokens;
        }
    }
}

struct Lexer {
    text: Vec<char>,
    at: usize,
    line: usize,
    column: usize,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.text.get(self.at.saturating_add(ahead)).copied()
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek(0)?;
        self.at += 1;
        if next == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(next)
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.bump();
        }
    }

    fn token(&mut self) -> Token {
        self.skip_blank();
        // An empty input has no position at all in Go's scanner.
        let (line, column) = if self.text.is_empty() { (0, 0) } else { (self.line, self.column) };
        let (kind, line_known) = self.kind();
        Token { kind, line: if line_known { line } else { 0 }, column }
    }

    /// White space, `#` comments, and the `//` and `/* */` comments that Go's scanner skips.
    fn skip_blank(&mut self) {
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(' ' | '\t' | '\n' | '\r'), _) => {
                    self.bump();
                }
                (Some('#'), _) | (Some('/'), Some('/')) => {
                    while self.peek(0).is_some_and(|next| next != '\n') {
                        self.bump();
                    }
                }
                (Some('/'), Some('*')) => {
                    self.skip(2);
                    while self.peek(0).is_some() && (self.peek(0), self.peek(1)) != (Some('*'), Some('/')) {
                        self.bump();
                    }
                    self.skip(2);
                }
                _ => return,
            }
        }
    }

    /// The token, and whether Loki still knows its line.
    fn kind(&mut self) -> (Kind, bool) {
        let Some(first) = self.peek(0) else { return (Kind::End, true) };
        match first {
            '0'..='9' => self.number(),
            '.' if self.peek(1).is_some_and(|next| next.is_ascii_digit()) => self.number(),
            '"' => (self.quoted(), true),
            '`' => (self.raw(), true),
            '\'' => (self.character(), true),
            '[' => (self.range(), false),
            '-' => self.minus(),
            _ if first == '_' || first.is_alphabetic() => (self.word(), true),
            _ => self.operator(),
        }
    }

    fn operator(&mut self) -> (Kind, bool) {
        let pair: String = [self.peek(0), self.peek(1)].into_iter().flatten().collect();
        if let Some(word) = PAIRS.iter().find(|word| **word == pair) {
            self.skip(2);
            return (Kind::Word(word), false);
        }
        let single: String = self.bump().into_iter().collect();
        match SINGLES.iter().find(|word| **word == single) {
            Some(word) => (Kind::Word(word), true),
            None => (Kind::Identifier(single), true),
        }
    }

    fn minus(&mut self) -> (Kind, bool) {
        for flag in FLAGS {
            let matches = flag.chars().enumerate().all(|(index, wanted)| self.peek(index) == Some(wanted));
            if matches {
                self.skip(flag.len());
                return (Kind::Word(flag), false);
            }
        }
        self.bump();
        match self.unit_tail("-", is_duration_char, |text| units::parse_duration(text).map(Kind::Duration)) {
            Some(kind) => (kind, false),
            None => (Kind::Word("-"), true),
        }
    }

    fn number(&mut self) -> (Kind, bool) {
        let mut text = String::new();
        let hexadecimal = self.peek(0) == Some('0') && matches!(self.peek(1), Some('x' | 'X'));
        if hexadecimal {
            text.extend(self.bump());
            text.extend(self.bump());
        }
        while let Some(next) = self.peek(0) {
            let exponent = !hexadecimal
                && matches!(next, 'e' | 'E')
                && match self.peek(1) {
                    Some('+' | '-') => self.peek(2).is_some_and(|digit| digit.is_ascii_digit()),
                    Some(digit) => digit.is_ascii_digit(),
                    None => false,
                };
            if exponent {
                text.extend(self.bump());
                text.extend(self.bump());
            } else if next.is_ascii_digit()
                || (!hexadecimal && next == '.')
                || (hexadecimal && next.is_ascii_hexdigit())
            {
                text.extend(self.bump());
            } else {
                break;
            }
        }
        let duration =
            self.unit_tail(&text, is_duration_char, |text| units::parse_duration(text).map(Kind::Duration));
        if let Some(kind) = duration {
            return (kind, false);
        }
        match self.unit_tail(&text, is_bytes_char, |text| units::parse_bytes(text).map(Kind::Bytes)) {
            Some(kind) => (kind, false),
            None => (Kind::Number(text), true),
        }
    }

    /// Tries to read the unit after a number; leaves the text alone when it is none.
    fn unit_tail(
        &mut self,
        head: &str,
        accepts: fn(char) -> bool,
        parse: impl Fn(&str) -> Option<Kind>,
    ) -> Option<Kind> {
        let mut text = head.to_owned();
        let mut count = 0;
        while let Some(next) = self.peek(count).filter(|next| accepts(*next)) {
            text.push(next);
            count += 1;
        }
        if count == 0 {
            return None;
        }
        let kind = parse(&text)?;
        self.skip(count);
        Some(kind)
    }

    fn range(&mut self) -> Kind {
        self.bump();
        let mut text = String::new();
        while let Some(next) = self.bump() {
            if next == ']' {
                return match units::parse_prometheus_duration(&text) {
                    Ok(nanoseconds) => Kind::Range(nanoseconds),
                    Err(message) => Kind::Broken(message),
                };
            }
            text.push(next);
        }
        Kind::Broken("missing closing ']' in duration".to_owned())
    }

    fn quoted(&mut self) -> Kind {
        self.bump();
        let mut inner = String::new();
        loop {
            match self.bump() {
                Some('"') => break,
                None | Some('\n') => return Kind::Broken("literal not terminated".to_owned()),
                Some('\\') => {
                    inner.push('\\');
                    match self.bump() {
                        Some(next) => inner.push(next),
                        None => return Kind::Broken("literal not terminated".to_owned()),
                    }
                }
                Some(next) => inner.push(next),
            }
        }
        match units::unquote(&inner) {
            Some(text) => Kind::Text(text),
            None => Kind::Broken("invalid char escape".to_owned()),
        }
    }

    fn raw(&mut self) -> Kind {
        self.bump();
        let mut inner = String::new();
        loop {
            match self.bump() {
                Some('`') => return Kind::Text(inner),
                None => return Kind::Broken("literal not terminated".to_owned()),
                Some('\r') => {}
                Some(next) => inner.push(next),
            }
        }
    }

    /// Go's character literal, which LogQL takes for an identifier.
    fn character(&mut self) -> Kind {
        let mut text = String::new();
        text.extend(self.bump());
        while let Some(next) = self.peek(0) {
            if next == '\n' {
                break;
            }
            text.extend(self.bump());
            if next == '\'' {
                return Kind::Identifier(text);
            }
        }
        Kind::Broken("literal not terminated".to_owned())
    }

    fn word(&mut self) -> Kind {
        let mut text = String::new();
        while let Some(next) = self.peek(0).filter(|next| *next == '_' || next.is_alphanumeric()) {
            text.push(next);
            self.bump();
        }
        let lower = text.to_lowercase();
        if let Ok(index) = KEYWORDS.binary_search(&lower.as_str()) {
            return KEYWORDS.get(index).map_or(Kind::Identifier(text), |word| Kind::Word(word));
        }
        match FUNCTIONS.iter().find(|word| **word == lower) {
            Some(word) if self.call_follows() => Kind::Word(word),
            _ => Kind::Identifier(text),
        }
    }

    /// Whether `(`, `by (` or `without (` comes next.
    fn call_follows(&self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or(&[]);
        let mut rest = rest.iter().copied().skip_while(|next| next.is_whitespace());
        let Some(first) = rest.next() else { return false };
        if first == '(' {
            return true;
        }
        let mut word = String::from(first).to_lowercase();
        for next in rest.by_ref() {
            if next.is_whitespace() || next == '(' {
                let opens = next == '(' || rest.find(|next| !next.is_whitespace()) == Some('(');
                return opens && matches!(word.as_str(), "by" | "without");
            }
            word.extend(next.to_lowercase());
            if word.len() > 8 {
                return false;
            }
        }
        false
    }
}

fn is_duration_char(next: char) -> bool {
    next.is_numeric() || matches!(next, '.' | 'n' | 'u' | 'µ' | 'μ' | 'm' | 's' | 'h' | 'd' | 'w' | 'y')
}

fn is_bytes_char(next: char) -> bool {
    next.is_numeric()
        || matches!(
            next,
            '.' | 'B' | 'i' | 'k' | 'K' | 'M' | 'g' | 'G' | 't' | 'T' | 'p' | 'P' | 'E' | 'e' | 'Z' | 'Y'
        )
}
