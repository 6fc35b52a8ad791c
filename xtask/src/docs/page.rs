//! The page: which struct is the root, one table per section, what stands above them.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context as _, Result, bail};

use super::{
    defaults::{self, Setting},
    source::{Item, Kind, Sources},
};

const PAGE: &str = "docs/configuration.md";
const HEAD: &str = include_str!("head.md");

/// Crate and name of the struct that is the whole file.
const ROOT: (&str, &str) = ("quaywatch", "Config");

/// Defaults that the program puts together when it starts, so that no source text shows them.
const AT_START: &[(&str, &str)] = &[
    ("hub.router.directory", "`<data_dir>/hub/queue`"),
    ("hub.store.data_dir", "`<data_dir>/hub/store`"),
    ("sensor.hostname", "the kernel's host name"),
    ("sensor.enricher.hostname", "`$FALCO_HOSTNAME`, else the kernel's host name"),
    ("sensor.rules.hostname", "`sensor.hostname`"),
];

/// Deepest nesting of sections; deeper means a struct that holds itself.
const DEPTH_MAX: usize = 8;

/// Writes the page, or with `check` fails when it is stale.
pub(super) fn run(root: &Path, check: bool) -> Result<()> {
    let sources = Sources::read(&root.join("crates"))?;
    let item = sources.item(ROOT.0, None, ROOT.1)?;
    let mut sections = Vec::new();
    section(&sources, &item, "", &mut sections)?;
    for (key, _) in AT_START {
        if !sections.iter().any(|section| section.rows.iter().any(|row| row.key == *key)) {
            bail!("xtask/src/docs/page.rs: AT_START names {key}, which is no key any more");
        }
    }
    let text = render(&sections)?;
    let path = root.join(PAGE);
    if !check {
        return fs::write(&path, text).with_context(|| path.display().to_string());
    }
    if fs::read_to_string(&path).unwrap_or_default() != text {
        bail!("{} is stale: run `cargo xtask docs`", path.display());
    }
    Ok(())
}

/// One table.
struct Section {
    path: String,
    doc: String,
    rows: Vec<Row>,
}

struct Row {
    key: String,
    kind: String,
    default: String,
    doc: String,
}

/// The section of a struct, and behind it those of the structs in it.
fn section(sources: &Sources, item: &Item, path: &str, into: &mut Vec<Section>) -> Result<()> {
    if path.matches('.').count() >= DEPTH_MAX {
        bail!("{path}: nested deeper than {DEPTH_MAX} sections");
    }
    let mut rows = Vec::new();
    let mut nested = Vec::new();
    for field in item.fields()? {
        let key = if path.is_empty() { field.name.clone() } else { format!("{path}.{}", field.name) };
        let (shape, name) = shape_of(&field.kind);
        let inner = sources.type_of(item, name).with_context(|| format!("{key}: {}", field.kind))?;
        if let Some(inner) = inner.as_ref().filter(|inner| inner.kind == Kind::Struct) {
            let doc = field.doc.clone();
            match shape {
                Shape::One => {
                    nested.push((key, inner.clone(), doc));
                    continue;
                }
                Shape::Option => nested.push((key.clone(), inner.clone(), doc)),
                Shape::List => nested.push((format!("{key}[]"), inner.clone(), doc)),
            }
        }
        let at_start = AT_START.iter().find(|(known, _)| *known == key).map(|(_, text)| (*text).to_owned());
        let default = match at_start {
            Some(text) => text,
            None => shown(
                &key,
                defaults::of(sources, item, &field).with_context(|| format!("the default of {key}"))?,
            ),
        };
        rows.push(Row { kind: kind_text(shape, name, inner.as_ref())?, default, doc: field.doc, key });
    }
    into.push(Section { path: path.to_owned(), doc: item.doc(), rows });
    for (key, inner, doc) in nested {
        let index = into.len();
        section(sources, &inner, &key, into).with_context(|| key.clone())?;
        // The field says what this section is here; the struct only what such a struct is.
        if let Some(section) = into.get_mut(index) {
            section.doc = doc;
        }
    }
    Ok(())
}

/// How often a value stands at a key.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    One,
    Option,
    List,
}

fn shape_of(kind: &str) -> (Shape, &str) {
    for (prefix, shape) in [("Option<", Shape::Option), ("Vec<", Shape::List)] {
        if let Some(inner) = kind.strip_prefix(prefix).and_then(|rest| rest.strip_suffix('>')) {
            return (shape, inner);
        }
    }
    (Shape::One, kind)
}

fn kind_text(shape: Shape, name: &str, inner: Option<&Item>) -> Result<String> {
    let one = match (inner, name) {
        (Some(item), _) if item.kind == Kind::Enum => {
            let names: Vec<String> = item.variants()?.iter().map(|name| format!("`{name}`")).collect();
            names.join(", ")
        }
        (Some(_), _) => "section".to_owned(),
        (None, "bool") => "`true`, `false`".to_owned(),
        (None, "u8" | "u16" | "u32" | "u64" | "usize") => "whole number".to_owned(),
        (None, "f64") => "number".to_owned(),
        (None, "String") => "text".to_owned(),
        (None, "PathBuf") => "path".to_owned(),
        (None, "SocketAddr") => "address:port".to_owned(),
        (None, "BTreeMap<String, String>") => "map of texts".to_owned(),
        (None, other) => bail!("the type {other} has no name for users: add it in xtask/src/docs/page.rs"),
    };
    Ok(if shape == Shape::List { format!("list: {one}") } else { one })
}

/// A default for the table; sizes and times also in the unit a person thinks in.
fn shown(key: &str, setting: Setting) -> String {
    match setting {
        Setting::Required => "required".to_owned(),
        Setting::None => "none".to_owned(),
        Setting::Value(text) => format!("`{text}`"),
        Setting::Number(number) => match in_words(key, number) {
            Some(words) => format!("`{number}` ({words})"),
            None => format!("`{number}`"),
        },
        Setting::List(items) if items.is_empty() => "`[]`".to_owned(),
        Setting::List(items) => items.iter().map(|item| format!("`{item}`")).collect::<Vec<_>>().join("<br>"),
    }
}

fn in_words(key: &str, number: u64) -> Option<String> {
    let name = key.rsplit('.').next().unwrap_or(key);
    let has = |unit: &str| name.split('_').any(|word| word == unit);
    let units: &[(u64, &str)] = if has("bytes") {
        &[(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
    } else if has("us") {
        &[(1_000_000, "s"), (1_000, "ms")]
    } else if has("ms") {
        &[(60_000, "min"), (1_000, "s")]
    } else if has("s") {
        &[(86_400, "d"), (3_600, "h"), (60, "min")]
    } else {
        &[]
    };
    let (size, unit) = units.iter().find(|(size, _)| number >= *size && number.is_multiple_of(*size))?;
    Some(format!("{} {unit}", number / size))
}

fn render(sections: &[Section]) -> Result<String> {
    let mut out = HEAD.to_owned();
    for section in sections.iter().filter(|section| !section.rows.is_empty()) {
        let title = if section.path.is_empty() { "Top level" } else { &format!("`{}`", section.path) };
        writeln!(out, "\n## {title}\n\n{}\n", section.doc)?;
        writeln!(out, "| key | type | default | what |\n|---|---|---|---|")?;
        for row in &section.rows {
            let doc = row.doc.replace('|', "\\|");
            writeln!(out, "| `{}` | {} | {} | {doc} |", row.key, row.kind, row.default)?;
        }
    }
    Ok(out)
}
