//! `| unpack`: undoes promtail's `pack` stage: the fields become labels, `_entry` the line.

use super::{
    json_scan::{Scanner, Token},
    row::Work,
    sanitize,
};
use crate::label_set::Category;

/// The new line, if the line was packed.
pub(super) fn run(line: &str, work: &mut Work) -> Option<String> {
    match fields(line, work) {
        Ok(entry) => entry,
        Err(details) => {
            work.labels.set_error("JSONParserErr", details);
            None
        }
    }
}

fn fields(line: &str, work: &mut Work) -> Result<Option<String>, &'static str> {
    const NOT_PACKED: &str = "expecting json object(6), but it is not";
    let mut scanner = Scanner::new(line);
    if scanner.next_byte() != Some(b'{') {
        return Err(NOT_PACKED);
    }
    // Labels are set only when an entry is found: anything else is not packed.
    let mut entry = None;
    let mut labels = Vec::new();
    scanner.open_object()?;
    while let Some(key) = scanner.next_key()? {
        match scanner.value()? {
            Token::Object => scanner.skip_object()?,
            Token::Text(text) => {
                let mut value = String::new();
                text.push_to(&mut value);
                let mut packed_line = false;
                work.scratch.clear();
                key.with_text(|key| {
                    packed_line = key == "_entry";
                    sanitize::push_name(&mut work.scratch, key);
                });
                if packed_line {
                    entry = Some(value);
                } else if let Some(name) = work.names.foreign_id(&work.scratch) {
                    labels.push((name, value));
                }
            }
            Token::Array | Token::Plain(_) | Token::Null => {}
        }
    }
    if entry.is_some() {
        for (name, value) in labels {
            let name = if work.labels.base_has(name) { work.names.extracted(name) } else { name };
            work.labels.set(Category::Parsed, name, &value);
        }
    }
    Ok(entry)
}
