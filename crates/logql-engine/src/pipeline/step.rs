//! One step of a pipeline, run per row.

use std::borrow::Cow;

use log_record::TextColumn;
use regex::Regex;

use super::{
    json, json_path,
    json_path::PathStep,
    label_filter::{Filter, TextTest},
    line_filter::LineMatch,
    logfmt::Logfmt,
    need::Need,
    pattern::PatternParser,
    row::{Row, Work},
    template::Template,
    unpack,
};
use crate::{
    label_set::Category,
    names::{self, NameId},
};

/// A compiled stage.
#[derive(Debug)]
pub(crate) enum Step {
    Line(LineMatch),
    /// `stored`: the line is as the store has it, so its columns may stand in for it.
    Json {
        stored: bool,
    },
    JsonPaths(Vec<(NameId, Vec<PathStep>)>),
    Logfmt(Logfmt),
    Regexp(Regex, Vec<Option<NameId>>),
    Pattern(PatternParser),
    Unpack,
    Label(Filter),
    LineFormat(Template),
    LabelFormat(Vec<(NameId, LabelSource)>),
    Decolorize,
    Drop(Vec<Pick>),
    Keep(Vec<Pick>),
}

/// The right side of `label_format`.
#[derive(Debug)]
pub(crate) enum LabelSource {
    Rename(NameId),
    Template(Template),
}

/// An element of `drop` or `keep`.
#[derive(Debug)]
pub(crate) struct Pick {
    pub(crate) name: NameId,
    pub(crate) test: Option<TextTest>,
}

/// JSON fields the store has as columns, for one row.
#[derive(Clone, Copy)]
pub(crate) struct Shredded<'a> {
    pub(crate) columns: &'a [(&'a str, TextColumn<'a>)],
    pub(crate) row: usize,
}

impl Step {
    /// `false` drops the row.
    pub(crate) fn run(&self, row: &mut Row<'_>, shredded: Option<Shredded<'_>>, work: &mut Work) -> bool {
        match self {
            Step::Line(filter) => return filter.passes(&row.line),
            Step::Label(filter) => return filter.passes(&mut work.labels),
            Step::Json { stored } => {
                if !shredded.filter(|_| *stored).is_some_and(|shredded| from_columns(shredded, work)) {
                    json::run(&row.line, work);
                }
            }
            Step::JsonPaths(paths) => json_paths(paths, &row.line, work),
            Step::Logfmt(logfmt) => logfmt.run(&row.line, work),
            Step::Regexp(regex, groups) => regexp(regex, groups, &row.line, work),
            Step::Pattern(parser) => {
                if !work.need.is_nothing() {
                    let Work { labels, names, need, .. } = work;
                    parser.captures(&row.line, |name, value| {
                        let name = if labels.base_has(name) { names.extracted(name) } else { name };
                        if need.wants(name) {
                            labels.set(Category::Parsed, name, value);
                        }
                    });
                }
            }
            Step::Unpack => {
                if let Some(line) = unpack::run(&row.line, work) {
                    row.line = Cow::Owned(line);
                }
            }
            Step::LineFormat(template) => line_format(template, row, work),
            Step::LabelFormat(formats) => label_format(formats, row, work),
            Step::Decolorize => {
                if row.line.contains('\u{1b}') {
                    row.line = Cow::Owned(decolorize(&row.line));
                }
            }
            Step::Drop(picks) => drop_labels(picks, work),
            Step::Keep(picks) => work.labels.retain(|name, value| {
                picks
                    .iter()
                    .any(|pick| pick.name == name && pick.test.as_ref().is_none_or(|test| test.passes(value)))
            }),
        }
        true
    }
}

/// Takes the needed fields from the store's columns; `false` when the line must be parsed.
///
/// A row whose needed columns are all empty may be malformed, which must show as an error, so its
/// line is parsed.
fn from_columns(shredded: Shredded<'_>, work: &mut Work) -> bool {
    let Need::Some(needed) = &work.need else { return false };
    let mut found = false;
    for name in needed {
        let text = work.names.text(*name);
        if *name == names::ERROR || *name == names::ERROR_DETAILS || work.labels.base_has(*name) {
            continue;
        }
        let Some((_, column)) = shredded.columns.iter().find(|(field, _)| **field == **text) else {
            return false;
        };
        found |= column.get(shredded.row).is_some_and(|value| !value.is_empty());
    }
    if !found {
        return false;
    }
    for name in needed {
        let text = work.names.text(*name);
        let Some((_, column)) = shredded.columns.iter().find(|(field, _)| **field == **text) else {
            continue;
        };
        match column.get(shredded.row) {
            Some(value) if !value.is_empty() && !work.labels.has_parsed(*name) => {
                work.labels.set(Category::Parsed, *name, value);
            }
            _ => {}
        }
    }
    true
}

fn json_paths(paths: &[(NameId, Vec<PathStep>)], line: &str, work: &mut Work) {
    if work.need.is_nothing() {
        return;
    }
    for (name, path) in paths {
        let name = if work.labels.base_has(*name) { work.names.extracted(*name) } else { *name };
        let start = work.labels.open();
        match json_path::extract(line, path, work.labels.buffer()) {
            Ok(true) => work.labels.close(Category::Parsed, name, start),
            Ok(false) => work.labels.buffer().truncate(start),
            Err(details) => {
                work.labels.buffer().truncate(start);
                work.labels.set_error("JSONParserErr", details);
                return;
            }
        }
    }
}

fn regexp(regex: &Regex, groups: &[Option<NameId>], line: &str, work: &mut Work) {
    if work.need.is_nothing() {
        return;
    }
    let Some(captures) = regex.captures(line) else { return };
    for (index, name) in groups.iter().enumerate() {
        let (Some(name), Some(found)) = (name, captures.get(index)) else { continue };
        let name = if work.labels.base_has(*name) { work.names.extracted(*name) } else { *name };
        if work.need.wants(name) {
            work.labels.set(Category::Parsed, name, found.as_str());
        }
    }
}

fn line_format(template: &Template, row: &mut Row<'_>, work: &mut Work) {
    match template.render(&row.line, row.timestamp_ns, &work.labels, &work.names) {
        Ok(line) => row.line = Cow::Owned(line),
        Err(details) => work.labels.set_error("TemplateFormatErr", &details),
    }
}

fn label_format(formats: &[(NameId, LabelSource)], row: &Row<'_>, work: &mut Work) {
    for (name, source) in formats {
        match source {
            LabelSource::Rename(from) => {
                if let Some(value) = work.labels.get(*from).map(str::to_owned) {
                    work.labels.set(Category::Parsed, *name, &value);
                    work.labels.remove(*from);
                }
            }
            LabelSource::Template(template) => {
                match template.render(&row.line, row.timestamp_ns, &work.labels, &work.names) {
                    Ok(value) => work.labels.set(Category::Parsed, *name, &value),
                    Err(details) => work.labels.set_error("TemplateFormatErr", &details),
                }
            }
        }
    }
}

fn drop_labels(picks: &[Pick], work: &mut Work) {
    for pick in picks {
        let drops = match &pick.test {
            None => true,
            Some(test) => work.labels.get(pick.name).is_some_and(|value| test.passes(value)),
        };
        if drops {
            work.labels.remove(pick.name);
        }
    }
}

/// Removes ANSI escape sequences.
fn decolorize(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(next) = rest.next() {
        if next != '\u{1b}' {
            out.push(next);
            continue;
        }
        if rest.as_str().starts_with('[') {
            rest.next();
            // Parameters end at the first letter.
            for inner in rest.by_ref() {
                if inner.is_ascii_alphabetic() || inner == '~' {
                    break;
                }
            }
        }
    }
    out
}
