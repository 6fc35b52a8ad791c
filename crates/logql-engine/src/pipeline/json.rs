//! `| json`: fields of a JSON line as labels.
//!
//! A single pass that decodes only what is needed later and skips the rest. Errors are those of
//! the parser Loki uses, which stops at the first thing it cannot read and keeps what it had.

use super::{
    json_scan::{Scanner, Token},
    need::Need,
    row::Work,
    sanitize,
};
use crate::{label_set::Category, limits, names::NameId};

/// Extracts all needed fields of `line`.
pub(super) fn run(line: &str, work: &mut Work) {
    if work.need.is_nothing() {
        return;
    }
    let mut scanner = Scanner::new(line);
    work.scratch.clear();
    let mut wanted = match &work.need {
        Need::All => usize::MAX,
        Need::Some(names) => names.len(),
    };
    if let Err(details) = object(&mut scanner, work, 0, &mut wanted) {
        work.labels.set_error("JSONParserErr", details);
    }
}

/// One object; its members' names start with what `work.scratch` holds. `Ok(false)` when
/// everything needed was found.
fn object(
    scanner: &mut Scanner<'_>,
    work: &mut Work,
    depth: usize,
    wanted: &mut usize,
) -> Result<bool, &'static str> {
    scanner.open_object()?;
    let prefix = work.scratch.len();
    while let Some(key) = scanner.next_key()? {
        work.scratch.truncate(prefix);
        if prefix > 0 {
            work.scratch.push('_');
        }
        // A nested name continues its prefix, so a leading digit is fine there.
        key.with_text(|key| sanitize::push_name(&mut work.scratch, key));
        match scanner.value()? {
            Token::Object => {
                if depth >= limits::JSON_DEPTH_MAX || !wants_below(work) {
                    scanner.skip_object()?;
                } else if !object(scanner, work, depth + 1, wanted)? {
                    return Ok(false);
                }
            }
            Token::Text(text) => {
                if let Some(name) = target(work) {
                    let start = work.labels.open();
                    text.push_to(work.labels.buffer());
                    finish(work, name, start, wanted);
                }
            }
            Token::Plain(text) => {
                if let Some(name) = target(work) {
                    let start = work.labels.open();
                    work.labels.buffer().push_str(text);
                    finish(work, name, start, wanted);
                }
            }
            Token::Null | Token::Array => {}
        }
        if *wanted == 0 {
            return Ok(false);
        }
    }
    work.scratch.truncate(prefix);
    Ok(true)
}

fn finish(work: &mut Work, name: NameId, start: usize, wanted: &mut usize) {
    work.labels.close(Category::Parsed, name, start);
    *wanted = wanted.saturating_sub(1);
}

/// The label for the field named in `work.scratch`, if it is needed and not set yet.
fn target(work: &mut Work) -> Option<NameId> {
    let field = work.scratch.as_str();
    let name = match &work.need {
        Need::All => {
            let name = work.names.foreign_id(field)?;
            if work.labels.base_has(name) { work.names.extracted(name) } else { name }
        }
        Need::Some(names) => *names.iter().find(|name| {
            let wanted = &**work.names.text(**name);
            match wanted.strip_suffix("_extracted") {
                Some(plain) if plain == field => work.labels.base_has_text(plain),
                _ => wanted == field && !work.labels.base_has(**name),
            }
        })?,
    };
    (!work.labels.has_parsed(name)).then_some(name)
}

/// Whether a needed name can lie below the object named in `work.scratch`.
fn wants_below(work: &Work) -> bool {
    match &work.need {
        Need::All => true,
        Need::Some(names) => names.iter().any(|name| {
            let rest = work.names.text(*name).strip_prefix(work.scratch.as_str());
            rest.is_some_and(|rest| rest.starts_with('_'))
        }),
    }
}
