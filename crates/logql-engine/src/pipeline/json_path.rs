//! `| json a="x.y[0]"`: single values by path.

use super::json_scan::{Scanner, Token};

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PathStep {
    Field(String),
    Index(usize),
}

/// Reads `x.y[0]["k.ey"]`.
pub(crate) fn parse(expression: &str) -> Result<Vec<PathStep>, String> {
    let bad = || format!("cannot parse expression [{expression}]: syntax error");
    let mut steps = Vec::new();
    let mut rest = expression;
    while !rest.is_empty() {
        if let Some(tail) = rest.strip_prefix('[') {
            if let Some(quoted) = tail.strip_prefix('"') {
                let end = quoted.find("\"]").ok_or_else(bad)?;
                steps.push(PathStep::Field(quoted.get(..end).unwrap_or("").replace("\\\"", "\"")));
                rest = quoted.get(end + 2..).unwrap_or("");
            } else {
                let end = tail.find(']').ok_or_else(bad)?;
                steps.push(PathStep::Index(tail.get(..end).and_then(|n| n.parse().ok()).ok_or_else(bad)?));
                rest = tail.get(end + 1..).unwrap_or("");
            }
            continue;
        }
        if let Some(tail) = rest.strip_prefix('.') {
            if steps.is_empty() || tail.is_empty() {
                return Err(bad());
            }
            rest = tail;
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        if end == 0 {
            return Err(bad());
        }
        steps.push(PathStep::Field(rest.get(..end).unwrap_or("").to_owned()));
        rest = rest.get(end..).unwrap_or("");
    }
    if steps.is_empty() { Err(bad()) } else { Ok(steps) }
}

/// Appends the value at the path: texts decoded, objects and arrays as they stand. `Ok(false)` when there is no such value.
pub(crate) fn extract(line: &str, path: &[PathStep], out: &mut String) -> Result<bool, &'static str> {
    let mut scanner = Scanner::new(line);
    for step in path {
        let found = match step {
            PathStep::Field(name) => seek_field(&mut scanner, name)?,
            PathStep::Index(index) => seek_index(&mut scanner, *index)?,
        };
        if !found {
            return Ok(false);
        }
    }
    match scanner.next_byte() {
        Some(b'{' | b'[') => out.push_str(scanner.block_text()?),
        _ => match scanner.value()? {
            Token::Text(text) => text.push_to(out),
            Token::Plain(text) => out.push_str(text),
            Token::Null | Token::Object | Token::Array => return Ok(false),
        },
    }
    Ok(true)
}

fn seek_field(scanner: &mut Scanner<'_>, name: &str) -> Result<bool, &'static str> {
    if scanner.next_byte() != Some(b'{') {
        return Ok(false);
    }
    scanner.open_object()?;
    while let Some(key) = scanner.next_key()? {
        let mut found = false;
        key.with_text(|key| found = key == name);
        if found {
            return Ok(true);
        }
        if let Token::Object = scanner.value()? {
            scanner.skip_object()?;
        }
    }
    Ok(false)
}

fn seek_index(scanner: &mut Scanner<'_>, index: usize) -> Result<bool, &'static str> {
    if scanner.next_byte() != Some(b'[') {
        return Ok(false);
    }
    scanner.step();
    for _ in 0..index {
        if scanner.next_byte() == Some(b']') {
            return Ok(false);
        }
        if let Token::Object = scanner.value()? {
            scanner.skip_object()?;
        }
        if scanner.next_byte() != Some(b',') {
            return Ok(false);
        }
        scanner.step();
    }
    Ok(scanner.next_byte() != Some(b']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let line = r#"{"a":{"b":[1,{"c":"x\n"}],"k.ey":true},"z":null}"#;
        for (path, expected) in [
            ("a.b[0]", Some("1")),
            ("a.b[1].c", Some("x\n")),
            (r#"a["k.ey"]"#, Some("true")),
            ("a.b[2]", None),
            ("z", None),
            ("a.nope", None),
        ] {
            let mut out = String::new();
            let found = extract(line, &parse(path).unwrap(), &mut out).unwrap();
            assert_eq!(found.then_some(out.as_str()), expected, "{path}");
        }
        assert!(parse("a..b").is_err());
        assert!(parse("").is_err());
    }
}
