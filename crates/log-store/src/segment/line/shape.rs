//! The shape of a JSON line: its text between the values, and what kind of value stands where.
//! Lines of one shape are taken apart by comparing that text, without parsing keys.
//!
//! Field names are those of Loki's `json` parser: keys of nested objects joined by `_`, other
//! characters than letters, digits and `_` turned into `_`, arrays and nulls without a value.

use super::scanner::{Scanner, Unclean, integer};
use crate::limits::{FIELD_NAME_BYTES_MAX, FIELDS_MAX, JSON_DEPTH_MAX};

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ValueForm {
    Text,
    /// A number that is the same when written again.
    Integer,
    /// Any other number, `true` and `false`.
    Plain,
    Array,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Shape {
    /// Before each value.
    pub(super) before: Vec<Box<str>>,
    /// Behind the last one.
    pub(super) tail: Box<str>,
    pub(super) slots: Vec<ShapeSlot>,
}

#[derive(Debug)]
pub(super) struct ShapeSlot {
    pub(super) form: ValueForm,
    /// Flattened.
    pub(super) name: Box<str>,
}

/// A value of a line: where it stands, and whether it has escapes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) is_escaped: bool,
}

impl Span {
    pub(super) fn of<'a>(&self, line: &'a str) -> &'a str {
        line.get(self.start as usize..self.end as usize).unwrap_or("")
    }
}

/// Lines that no shape is made of: control characters, and the sign that replaces broken text,
/// mean different things to different parsers.
pub(super) fn is_odd(line: &str) -> bool {
    line.bytes().fold(false, |odd, byte| odd | (byte < 0x20))
        || (!line.is_ascii() && line.contains('\u{fffd}'))
}

impl Shape {
    /// Takes a line apart that is not odd; false when it has another shape.
    pub(super) fn matches(&self, line: &str, spans: &mut Vec<Span>) -> bool {
        spans.clear();
        let bytes = line.as_bytes();
        let mut at = 0;
        for (before, slot) in self.before.iter().zip(&self.slots) {
            if !bytes.get(at..).is_some_and(|rest| rest.starts_with(before.as_bytes())) {
                return false;
            }
            at += before.len();
            let mut scanner = Scanner { text: line, at };
            let mut is_escaped = false;
            let read = match slot.form {
                ValueForm::Text => scanner.string_body().map(|(_, escaped)| {
                    is_escaped = escaped;
                    scanner.at -= 1;
                }),
                ValueForm::Integer => {
                    scanner.number().and_then(|number| integer(number).map(|_| ()).ok_or(Unclean))
                }
                ValueForm::Plain => plain(&mut scanner),
                ValueForm::Array if bytes.get(at) == Some(&b'[') => scanner.array(JSON_DEPTH_MAX).map(|_| ()),
                ValueForm::Array => Err(Unclean),
            };
            if read.is_err() {
                return false;
            }
            spans.push(Span { start: at as u32, end: scanner.at as u32, is_escaped });
            at = scanner.at;
        }
        bytes.get(at..).is_some_and(|rest| rest == self.tail.as_bytes())
    }

    /// The shape of a line that is a clean JSON object.
    pub(super) fn parse(line: &str) -> Result<Shape, Unclean> {
        if is_odd(line) || u32::try_from(line.len()).is_err() {
            return Err(Unclean);
        }
        let mut parser =
            Parser { scanner: Scanner { text: line, at: 0 }, from: 0, before: Vec::new(), slots: Vec::new() };
        parser.scanner.skip_space();
        parser.object("", 0)?;
        parser.scanner.skip_space();
        if parser.scanner.at != line.len() {
            return Err(Unclean);
        }
        let tail = line.get(parser.from..).ok_or(Unclean)?.into();
        let mut names: Vec<&str> = parser.slots.iter().map(|slot| &*slot.name).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
            return Err(Unclean);
        }
        Ok(Shape { before: parser.before, tail, slots: parser.slots })
    }
}

/// `true`, `false`, or a number that is written in its own way.
fn plain(scanner: &mut Scanner<'_>) -> Result<(), Unclean> {
    match scanner.byte() {
        Some(b't') => scanner.word("true"),
        Some(b'f') => scanner.word("false"),
        _ => {
            scanner.number().and_then(|number| if integer(number).is_none() { Ok(()) } else { Err(Unclean) })
        }
    }
}

struct Parser<'a> {
    scanner: Scanner<'a>,
    /// Behind the last value.
    from: usize,
    before: Vec<Box<str>>,
    slots: Vec<ShapeSlot>,
}

impl Parser<'_> {
    fn object(&mut self, prefix: &str, depth: usize) -> Result<(), Unclean> {
        if depth >= JSON_DEPTH_MAX {
            return Err(Unclean);
        }
        self.scanner.expect(b'{')?;
        if self.scanner.take_if(b'}') {
            return Ok(());
        }
        let mut keys: Vec<&str> = Vec::new();
        loop {
            self.scanner.expect(b'"')?;
            let (raw, is_escaped) = self.scanner.string_body()?;
            // A key twice is read in two ways, also where its values have no name.
            if is_escaped || keys.contains(&raw) {
                return Err(Unclean);
            }
            keys.push(raw);
            self.scanner.expect(b':')?;
            let name = flattened(prefix, raw)?;
            self.value(name, depth)?;
            if self.scanner.take_if(b'}') {
                return Ok(());
            }
            self.scanner.expect(b',')?;
        }
    }

    fn value(&mut self, name: String, depth: usize) -> Result<(), Unclean> {
        let first = self.scanner.peek();
        let mut start = self.scanner.at;
        let form = match first {
            Some(b'{') => return self.object(&name, depth + 1),
            Some(b'n') => return self.scanner.word("null"),
            Some(b'"') => {
                self.scanner.at += 1;
                start += 1;
                self.scanner.string_body()?;
                ValueForm::Text
            }
            Some(b'[') => {
                self.scanner.array(JSON_DEPTH_MAX - depth)?;
                ValueForm::Array
            }
            Some(b't') => self.scanner.word("true").map(|()| ValueForm::Plain)?,
            Some(b'f') => self.scanner.word("false").map(|()| ValueForm::Plain)?,
            _ => match integer(self.scanner.number()?) {
                Some(_) => ValueForm::Integer,
                None => ValueForm::Plain,
            },
        };
        let end = self.scanner.at - usize::from(form == ValueForm::Text);
        if self.slots.len() >= FIELDS_MAX {
            return Err(Unclean);
        }
        self.before.push(self.scanner.text.get(self.from..start).ok_or(Unclean)?.into());
        self.slots.push(ShapeSlot { form, name: name.into() });
        self.from = end;
        Ok(())
    }
}

fn flattened(prefix: &str, raw: &str) -> Result<String, Unclean> {
    let trimmed = raw.trim();
    if trimmed.is_empty() {
        return Err(Unclean);
    }
    let mut name = if !prefix.is_empty() {
        format!("{prefix}_")
    } else if trimmed.starts_with(|first: char| first.is_ascii_digit()) {
        "_".to_owned()
    } else {
        String::new()
    };
    name.extend(trimmed.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }));
    if name.len() > FIELD_NAME_BYTES_MAX { Err(Unclean) } else { Ok(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Option<&[(&str, &str)]>) {
        let found = Shape::parse(line).ok().map(|shape| {
            let mut spans = Vec::new();
            assert!(shape.matches(line, &mut spans), "{line}");
            let mut rebuilt = String::new();
            let mut all = Vec::new();
            for ((before, slot), span) in shape.before.iter().zip(&shape.slots).zip(&spans) {
                rebuilt.push_str(before);
                rebuilt.push_str(span.of(line));
                all.push((slot.name.to_string(), span.of(line).to_owned()));
            }
            rebuilt.push_str(&shape.tail);
            assert_eq!(rebuilt, line);
            all
        });
        let expected =
            expected.map(|all| all.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect());
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn values_are_named_as_loki_names_them() {
        check(
            r#"{"a":{"b.c":1,"d":{"e":"x"}},"f":[1,{"g":2},"]"],"h":null,"i":true,"j":-1.5e3,"k":"a\n\u00e4"}"#,
            Some(&[
                ("a_b_c", "1"),
                ("a_d_e", "x"),
                ("f", r#"[1,{"g":2},"]"]"#),
                ("i", "true"),
                ("j", "-1.5e3"),
                ("k", "a\\n\\u00e4"),
            ]),
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
            "{\"a\":\"\t\"}",
            r#"{"a":1,}"#,
            "{\"a\":\"\u{fffd}\"}",
            r#"{"a":1,"a":2}"#,
            r#"{"a":null,"a":null}"#,
            r#"{"a.b":1,"a":{"b":2}}"#,
        ] {
            check(line, None);
        }
        check(&format!("{}1{}", r#"{"a":"#.repeat(40), "}".repeat(40)), None);
    }

    #[test]
    fn another_kind_of_value_is_another_shape() {
        let shape = Shape::parse(r#"{"a":1,"b":"x"}"#).unwrap();
        for (line, expected) in [
            (r#"{"a":22,"b":"y"}"#, true),
            (r#"{"a":"1","b":"y"}"#, false),
            (r#"{"a":01,"b":"y"}"#, false),
            (r#"{"a":1.5,"b":"y"}"#, false),
            (r#"{"a":1,"b":"y"} "#, false),
            (r#"{"a":1,"b":"y"#, false),
        ] {
            assert_eq!(shape.matches(line, &mut Vec::new()), expected, "{line}");
        }
    }
}
