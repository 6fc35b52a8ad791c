//! Flattens one JSON object as Loki's `json` parser does: keys of nested objects joined by `_`,
//! other characters than letters, digits and `_` turned into `_`, arrays and nulls skipped,
//! strings unescaped, numbers as written.
//!
//! Whatever could be read in two ways (a key twice, broken JSON, odd escapes) makes the line
//! "unclean": the store then leaves its fields to the query's own parser. Knows no column.

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::limits::{FIELD_NAME_BYTES_MAX, FIELD_NAMES_MAX, JSON_DEPTH_MAX};

/// The line's fields cannot be trusted to be what another parser finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unclean;

/// Number of a flattened name.
pub(crate) type FieldNumber = u32;

/// Remembers the keys it has seen, and which key followed which: alerts of one rule have the
/// same keys in the same order, so most keys cost one comparison.
#[derive(Debug, Default)]
pub(crate) struct Flattener {
    keys: Vec<Key>,
    by_hash: HashMap<u64, u32>,
    fields: HashMap<String, FieldNumber>,
    names: Vec<String>,
    last_key: u32,
    unescaped: String,
}

#[derive(Debug)]
struct Key {
    parent: u32,
    raw: Box<str>,
    flattened: String,
    field: FieldNumber,
    followed_by: u32,
}

const ROOT: u32 = u32::MAX;

impl Flattener {
    /// Names by number.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Gives a name a number before any line has it.
    pub(crate) fn declare(&mut self, name: &str) {
        if !self.fields.contains_key(name) {
            self.fields.insert(name.to_owned(), self.names.len() as u32);
            self.names.push(name.to_owned());
        }
    }

    /// Hands every field of the line to `put`, in the line's order.
    pub(crate) fn flatten(
        &mut self,
        line: &str,
        put: &mut dyn FnMut(FieldNumber, &str) -> Result<(), Unclean>,
    ) -> Result<(), Unclean> {
        let mut scanner = Scanner { text: line, at: 0 };
        scanner.skip_space();
        self.object(&mut scanner, ROOT, 0, put)?;
        scanner.skip_space();
        if scanner.at == line.len() { Ok(()) } else { Err(Unclean) }
    }

    fn object(
        &mut self,
        scanner: &mut Scanner<'_>,
        parent: u32,
        depth: usize,
        put: &mut dyn FnMut(FieldNumber, &str) -> Result<(), Unclean>,
    ) -> Result<(), Unclean> {
        if depth >= JSON_DEPTH_MAX {
            return Err(Unclean);
        }
        scanner.expect(b'{')?;
        if scanner.take_if(b'}') {
            return Ok(());
        }
        loop {
            let (raw, is_escaped) = scanner.string()?;
            if is_escaped {
                return Err(Unclean);
            }
            scanner.expect(b':')?;
            let key = self.key(parent, raw)?;
            self.value(scanner, key, depth, put)?;
            if scanner.take_if(b'}') {
                return Ok(());
            }
            scanner.expect(b',')?;
        }
    }

    fn value(
        &mut self,
        scanner: &mut Scanner<'_>,
        key: u32,
        depth: usize,
        put: &mut dyn FnMut(FieldNumber, &str) -> Result<(), Unclean>,
    ) -> Result<(), Unclean> {
        let field = self.keys.get(key as usize).map_or(0, |key| key.field);
        match scanner.peek() {
            Some(b'"') => {
                let (raw, is_escaped) = scanner.string()?;
                if is_escaped {
                    self.unescaped.clear();
                    unescape(raw, &mut self.unescaped)?;
                    put(field, &self.unescaped)
                } else if raw.contains('\u{fffd}') {
                    Err(Unclean)
                } else {
                    put(field, raw)
                }
            }
            Some(b'{') => self.object(scanner, key, depth + 1, put),
            Some(b'[') => scanner.skip_array(depth),
            Some(b't') => scanner.word("true").and_then(|word| put(field, word)),
            Some(b'f') => scanner.word("false").and_then(|word| put(field, word)),
            Some(b'n') => scanner.word("null").map(|_| ()),
            _ => scanner.number().and_then(|number| put(field, number)),
        }
    }

    /// The number of a key below its parent.
    fn key(&mut self, parent: u32, raw: &str) -> Result<u32, Unclean> {
        let guess = self.keys.get(self.last_key as usize).map_or(0, |last| last.followed_by);
        if self.keys.get(guess as usize).is_some_and(|key| key.parent == parent && *key.raw == *raw) {
            self.last_key = guess;
            return Ok(guess);
        }
        let hash = xxh3_64_with_seed(raw.as_bytes(), u64::from(parent));
        let number = match self.by_hash.get(&hash) {
            Some(&number) => number,
            None => self.new_key(parent, raw, hash)?,
        };
        match self.keys.get(number as usize) {
            Some(key) if key.parent == parent && *key.raw == *raw => {}
            _ => return Err(Unclean),
        }
        if let Some(last) = self.keys.get_mut(self.last_key as usize) {
            last.followed_by = number;
        }
        self.last_key = number;
        Ok(number)
    }

    fn new_key(&mut self, parent: u32, raw: &str, hash: u64) -> Result<u32, Unclean> {
        let trimmed = raw.trim();
        if trimmed.is_empty() || self.keys.len() >= FIELD_NAMES_MAX {
            return Err(Unclean);
        }
        let mut flattened = match self.keys.get(parent as usize) {
            Some(parent) => format!("{}_", parent.flattened),
            None if trimmed.starts_with(|first: char| first.is_ascii_digit()) => "_".to_owned(),
            None => String::new(),
        };
        flattened
            .extend(trimmed.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }));
        if flattened.len() > FIELD_NAME_BYTES_MAX {
            return Err(Unclean);
        }
        self.declare(&flattened);
        let field = self.fields.get(&flattened).copied().unwrap_or(0);
        let number = self.keys.len() as u32;
        self.keys.push(Key { parent, raw: raw.into(), flattened, field, followed_by: 0 });
        self.by_hash.insert(hash, number);
        Ok(number)
    }
}

/// Walks over JSON text.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&mut self) -> Option<u8> {
        self.skip_space();
        self.byte()
    }

    fn take_if(&mut self, wanted: u8) -> bool {
        let is_there = self.peek() == Some(wanted);
        self.at += usize::from(is_there);
        is_there
    }

    fn expect(&mut self, wanted: u8) -> Result<(), Unclean> {
        if self.take_if(wanted) { Ok(()) } else { Err(Unclean) }
    }

    fn word(&mut self, word: &'static str) -> Result<&'static str, Unclean> {
        let rest = self.text.get(self.at..).unwrap_or("");
        if rest.starts_with(word) {
            self.at += word.len();
            Ok(word)
        } else {
            Err(Unclean)
        }
    }

    /// The inside of a string as written, and whether it has escapes.
    fn string(&mut self) -> Result<(&'a str, bool), Unclean> {
        self.expect(b'"')?;
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
                // Raw control characters are not JSON; parsers differ on them.
                let is_odd = raw.bytes().any(|byte| byte < 0x20);
                return if is_odd { Err(Unclean) } else { Ok((raw, is_escaped)) };
            }
            is_escaped = true;
            from = place + 2;
        }
    }

    fn number(&mut self) -> Result<&'a str, Unclean> {
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

    /// Skips an array; its inside is only followed as far as brackets and strings go.
    fn skip_array(&mut self, depth: usize) -> Result<(), Unclean> {
        let mut open = 0;
        loop {
            match self.peek().ok_or(Unclean)? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'[' | b'{' => open += 1,
                b']' | b'}' => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return Ok(());
            }
            if depth + open > JSON_DEPTH_MAX {
                return Err(Unclean);
            }
        }
    }
}

/// Undoes JSON escapes; surrogates that do not pair are unclean.
fn unescape(raw: &str, out: &mut String) -> Result<(), Unclean> {
    let mut rest = raw;
    while let Some(place) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(rest.get(..place).unwrap_or(""));
        let escape = rest.as_bytes().get(place + 1).ok_or(Unclean)?;
        let mut used = 2;
        out.push(match escape {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let (character, length) = unicode(rest.get(place..).ok_or(Unclean)?)?;
                used = length;
                character
            }
            _ => return Err(Unclean),
        });
        rest = rest.get(place + used..).ok_or(Unclean)?;
    }
    out.push_str(rest);
    if out.contains('\u{fffd}') { Err(Unclean) } else { Ok(()) }
}

/// The character of `\uXXXX` or a pair of them, and how many bytes it took.
fn unicode(text: &str) -> Result<(char, usize), Unclean> {
    let unit = |from: usize| {
        let digits = text.get(from..from + 4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).ok_or(Unclean)
    };
    let first = unit(2)?;
    if let Some(character) = char::from_u32(first) {
        return Ok((character, 6));
    }
    if text.get(6..8) != Some("\\u") {
        return Err(Unclean);
    }
    let second = unit(8)?;
    if !(0xd800..0xdc00).contains(&first) || !(0xdc00..0xe000).contains(&second) {
        return Err(Unclean);
    }
    let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
    char::from_u32(code).map(|character| (character, 12)).ok_or(Unclean)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Option<&[(&str, &str)]>) {
        let mut flattener = Flattener::default();
        for _ in 0..2 {
            // The second time goes by the remembered keys.
            let mut found = Vec::new();
            let result = flattener.flatten(line, &mut |field, value| {
                found.push((field, value.to_owned()));
                Ok(())
            });
            let found: Vec<(String, String)> = found
                .into_iter()
                .map(|(field, value)| (flattener.names()[field as usize].clone(), value))
                .collect();
            let expected: Option<Vec<(String, String)>> =
                expected.map(|pairs| pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect());
            assert_eq!(result.ok().map(|()| found), expected, "{line}");
        }
    }

    #[test]
    fn objects_are_flattened_as_loki_does() {
        check(
            r#"{"a":{"b.c":1,"d":{"e":"x"}},"f":[1,{"g":2},"]"],"h":null,"i":true,"j":-1.5e3,"k":"a\n\u00e4\ud83d\ude00"}"#,
            Some(&[("a_b_c", "1"), ("a_d_e", "x"), ("i", "true"), ("j", "-1.5e3"), ("k", "a\nä😀")]),
        );
        check(r#" { "1a" : false , "é" : "" } "#, Some(&[("_1a", "false"), ("_", "")]));
        check("{}", Some(&[]));
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_left_alone() {
        for line in [
            "",
            "x",
            "[]",
            "1",
            "{",
            r#"{"a"}"#,
            r#"{"a":1"#,
            r#"{"a":1}x"#,
            r#"{"a":tru}"#,
            r#"{"a":1.}"#,
            r#"{"a\"":1}"#,
            r#"{"":1}"#,
            r#"{"a":"\ud800"}"#,
            r#"{"a":"\x"}"#,
            "{\"a\":\"\t\"}",
            r#"{"a":1,}"#,
            "{\"a\":\"\u{fffd}\"}",
        ] {
            check(line, None);
        }
        check(&format!("{}1{}", r#"{"a":"#.repeat(40), "}".repeat(40)), None);
    }
}
