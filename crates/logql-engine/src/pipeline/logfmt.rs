//! `| logfmt`: `key=value key="quoted value" flag`.

use super::{need::Need, row::Work, sanitize};
use crate::{label_set::Category, names::NameId};

/// How lines are read.
#[derive(Debug, Clone)]
pub(crate) struct Logfmt {
    /// Stop at the first malformed pair and say so.
    pub(crate) strict: bool,
    /// Keep keys without a value.
    pub(crate) keep_empty: bool,
    /// Label and field name, when only some fields are asked for.
    pub(crate) only: Vec<(NameId, String)>,
}

impl Logfmt {
    pub(crate) fn run(&self, line: &str, work: &mut Work) {
        if work.need.is_nothing() {
            return;
        }
        let mut decoder = Decoder::new(line);
        let mut value = String::new();
        while let Some(pair) = decoder.next(&mut value) {
            match pair {
                Ok(key) => {
                    if !value.is_empty() || self.keep_empty {
                        self.set(key, &value, work);
                    }
                }
                Err((position, reason)) if self.strict => {
                    let details = format!("logfmt syntax error at pos {position} : {reason}");
                    work.labels.set_error("LogfmtParserErr", &details);
                    return;
                }
                Err(_) => decoder.skip_value(),
            }
        }
    }

    fn set(&self, key: &str, value: &str, work: &mut Work) {
        if !self.only.is_empty() {
            for (name, field) in &self.only {
                if field == key {
                    let name = if work.labels.base_has(*name) { work.names.extracted(*name) } else { *name };
                    work.labels.set(Category::Parsed, name, value);
                }
            }
            return;
        }
        work.scratch.clear();
        sanitize::push_name(&mut work.scratch, key);
        if work.scratch.is_empty() {
            return;
        }
        let Some(mut name) = work.names.foreign_id(&work.scratch) else { return };
        if work.labels.base_has(name) {
            name = work.names.extracted(name);
        }
        let wanted = matches!(work.need, Need::All) || work.need.wants(name);
        if wanted && !work.labels.has_parsed(name) {
            work.labels.set(Category::Parsed, name, value);
        }
    }
}

/// Pulls pairs out of a line.
pub(super) struct Decoder<'a> {
    line: &'a str,
    at: usize,
}

pub(super) type Malformed = (usize, String);

impl<'a> Decoder<'a> {
    pub(super) fn new(line: &'a str) -> Self {
        Decoder { line, at: 0 }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.line.as_bytes().get(at).copied()
    }

    /// The next key, with its value in `value`; `None` at the end of the line.
    pub(super) fn next(&mut self, value: &mut String) -> Option<Result<&'a str, Malformed>> {
        value.clear();
        while self.byte(self.at)? <= b' ' {
            self.at += 1;
        }
        let start = self.at;
        loop {
            match self.byte(self.at) {
                None | Some(0..=b' ') => return Some(Ok(self.line.get(start..self.at).unwrap_or(""))),
                Some(b'=') if self.at > start => break,
                Some(unexpected @ (b'=' | b'"')) => return Some(Err(self.unexpected(unexpected))),
                Some(_) => self.at += 1,
            }
        }
        let key = self.line.get(start..self.at).unwrap_or("");
        self.at += 1;
        Some(match self.byte(self.at) {
            None | Some(0..=b' ') => Ok(key),
            Some(b'"') => self.quoted(value).map(|()| key),
            Some(_) => self.bare(value).map(|()| key),
        })
    }

    fn bare(&mut self, value: &mut String) -> Result<(), Malformed> {
        let start = self.at;
        loop {
            match self.byte(self.at) {
                Some(unexpected @ (b'=' | b'"')) => return Err(self.unexpected(unexpected)),
                None | Some(0..=b' ') => break,
                Some(_) => self.at += 1,
            }
        }
        value.push_str(self.line.get(start..self.at).unwrap_or(""));
        Ok(())
    }

    fn quoted(&mut self, value: &mut String) -> Result<(), Malformed> {
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            let rest = self.line.as_bytes().get(at..).unwrap_or(&[]);
            let Some(found) = memchr::memchr2(b'"', b'\\', rest) else {
                self.at = self.line.len();
                return Err((self.at + 1, "unterminated quoted value".to_owned()));
            };
            at += found;
            if self.byte(at) == Some(b'"') {
                break;
            }
            escaped = true;
            at += 2;
        }
        let raw = self.line.get(start..at).unwrap_or("");
        self.at = at + 1;
        if escaped {
            super::json_scan::unescape(raw, value)
        } else {
            value.push_str(raw)
        }
        Ok(())
    }

    fn unexpected(&self, byte: u8) -> Malformed {
        (self.at + 1, format!("unexpected '{}'", char::from(byte)))
    }

    /// Loki's lenient mode goes on at the next blank.
    pub(super) fn skip_value(&mut self) {
        while self.byte(self.at).is_some_and(|next| next > b' ') {
            self.at += 1;
        }
    }
}
