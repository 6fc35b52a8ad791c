//! The fields of a line nobody wrote a parser stage for: JSON if it is JSON, else logfmt.
//!
//! Serves the pages that list the fields of a stream; names come out as `| json` and `| logfmt`
//! would give them.

use super::{
    json_scan::{Scanner, Token},
    logfmt::Decoder,
    sanitize,
};
use crate::limits;

/// Which parser read the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineParser {
    /// `| json`
    Json,
    /// `| logfmt`
    Logfmt,
}

/// A field of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineField {
    /// The label it would become.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The keys that lead to it in a JSON line; empty in logfmt.
    pub path: Vec<String>,
}

/// All fields of a line. `taken` says which names the stream's own labels have.
pub fn line_fields(line: &str, taken: impl Fn(&str) -> bool) -> (LineParser, Vec<LineField>) {
    let mut fields = Vec::new();
    let mut scanner = Scanner::new(line);
    if object(&mut scanner, &mut Vec::new(), &mut String::new(), &mut fields).is_err() {
        fields.clear();
        logfmt(line, &mut fields);
        rename(&mut fields, taken);
        return (LineParser::Logfmt, fields);
    }
    rename(&mut fields, taken);
    (LineParser::Json, fields)
}

/// Loki's suffix for names that the stream has; of equal names the first stays.
fn rename(fields: &mut Vec<LineField>, taken: impl Fn(&str) -> bool) {
    let mut seen = std::collections::HashSet::new();
    fields.retain_mut(|field| {
        if taken(&field.name) {
            field.name.push_str("_extracted");
        }
        seen.insert(field.name.clone())
    });
}

fn object(
    scanner: &mut Scanner<'_>,
    path: &mut Vec<String>,
    name: &mut String,
    fields: &mut Vec<LineField>,
) -> Result<(), &'static str> {
    scanner.open_object()?;
    let prefix = name.len();
    while let Some(key) = scanner.next_key()? {
        name.truncate(prefix);
        if prefix > 0 {
            name.push('_');
        }
        let mut text = String::new();
        key.push_to(&mut text);
        sanitize::push_name(name, &text);
        path.push(text);
        let mut value = String::new();
        let found = match scanner.value()? {
            Token::Object if path.len() > limits::JSON_DEPTH_MAX => {
                scanner.skip_object()?;
                false
            }
            Token::Object => {
                object(scanner, path, name, fields)?;
                false
            }
            Token::Text(text) => {
                text.push_to(&mut value);
                true
            }
            Token::Plain(text) => {
                value.push_str(text);
                true
            }
            Token::Null | Token::Array => false,
        };
        if found && fields.len() < limits::LINE_FIELDS_MAX {
            fields.push(LineField { name: name.clone(), value, path: path.clone() });
        }
        path.pop();
    }
    name.truncate(prefix);
    Ok(())
}

fn logfmt(line: &str, fields: &mut Vec<LineField>) {
    let mut decoder = Decoder::new(line);
    let mut value = String::new();
    while let Some(pair) = decoder.next(&mut value) {
        match pair {
            Ok(key) if !value.is_empty() && fields.len() < limits::LINE_FIELDS_MAX => {
                let mut name = String::new();
                sanitize::push_name(&mut name, key);
                fields.push(LineField { name, value: value.clone(), path: Vec::new() });
            }
            Ok(_) => {}
            Err(_) => decoder.skip_value(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_lines() {
        for (line, parser, expected) in [
            (r#"{"a":{"b.c":1},"app":"x","l":[1],"n":null}"#, LineParser::Json, "a_b_c=1 app_extracted=x"),
            ("level=warn app=y flag", LineParser::Logfmt, "level=warn app_extracted=y"),
            (r#"{"broken":"json"#, LineParser::Logfmt, ""),
            ("nothing here", LineParser::Logfmt, ""),
        ] {
            let (found, fields) = line_fields(line, |name| name == "app");
            let texts: Vec<String> =
                fields.iter().map(|field| format!("{}={}", field.name, field.value)).collect();
            assert_eq!((found, texts.join(" ").as_str()), (parser, expected), "{line}");
        }
        let (_, fields) = line_fields(r#"{"a":{"b.c":1}}"#, |_| false);
        assert_eq!(fields[0].path, ["a", "b.c"]);
    }
}
