//! Turns `conformance/falco/tables/*.json` into `crates/event/src/generated/*.rs`.
//! The JSON is the source; the Rust is committed so that a build needs no generator.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

const TABLES: &str = "conformance/falco/tables";
const GENERATED: &str = "crates/event/src/generated";
const HEAD: &str = "//! One of Falco's tables. Made by `cargo xtask codegen` from conformance/falco/tables: do not edit.\n\n";

/// Writes the generated files, or with `check` fails when one of them is stale.
pub(crate) fn run(root: &Path, check: bool) -> Result<()> {
    let files = [
        ("events.rs", events(&load(root, "events.json")?)?),
        ("fields.rs", fields(&load(root, "fields.json")?)?),
        ("flags.rs", flags(&load(root, "flags.json")?)?),
    ];
    for (name, text) in files {
        let path = root.join(GENERATED).join(name);
        if check {
            let found = fs::read_to_string(&path).unwrap_or_default();
            if found != text {
                bail!("{} is stale: run `cargo xtask codegen`", path.display());
            }
        } else {
            fs::create_dir_all(root.join(GENERATED))?;
            fs::write(&path, text).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}

fn load(root: &Path, name: &str) -> Result<Value> {
    let path = root.join(TABLES).join(name);
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    Ok(serde_json::from_str(&text)?)
}

fn array<'v>(value: &'v Value, what: &str) -> Result<&'v Vec<Value>> {
    value.as_array().with_context(|| format!("{what} is not an array"))
}

fn text<'v>(value: &'v Value, key: &str) -> Result<&'v str> {
    value.get(key).and_then(Value::as_str).with_context(|| format!("no text under {key}"))
}

fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

/// `CHARBUF_PAIR_ARRAY` -> `CharbufPairArray`.
fn camel(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase()).into_iter();
            first.chain(letters.map(|c| c.to_ascii_lowercase())).collect::<String>()
        })
        .collect()
}

/// `proc.exe_ino.ctime` -> `PROC_EXE_INO_CTIME`.
fn constant(name: &str) -> String {
    name.replace(['.', '-'], "_").to_ascii_uppercase()
}

fn strings(value: Option<&Value>) -> String {
    let list = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let list: Vec<_> = list.iter().filter_map(Value::as_str).map(|s| format!("{s:?}")).collect();
    format!("&[{}]", list.join(", "))
}

fn param(value: &Value) -> Result<String> {
    let table = match value.get("table").and_then(Value::as_str) {
        Some(table) => format!("Some(&super::flags::{})", constant(table)),
        None => "None".to_owned(),
    };
    let relative = match value.get("relative_to_param").and_then(Value::as_u64) {
        Some(index) => format!("Some({index})"),
        None => "None".to_owned(),
    };
    let variants = match value.get("variants") {
        Some(variants) => {
            let list: Result<Vec<_>> = array(variants, "variants")?.iter().map(param).collect();
            format!("&[{}]", list?.join(", "))
        }
        None => "&[]".to_owned(),
    };
    Ok(format!(
        "ParamDefinition {{ name: {:?}, param_type: ParamType::{}, format: ParamFormat::{}, \
         table: {table}, relative_to_param: {relative}, variants: {variants} }}",
        text(value, "name")?,
        camel(text(value, "type")?),
        camel(text(value, "format")?),
    ))
}

fn events(value: &Value) -> Result<String> {
    let mut out = String::from(HEAD);
    out.push_str("use crate::definition::{Direction, EventDefinition, ParamDefinition, ParamFormat, ParamType};\nuse crate::EventCode;\n\n");
    let events = array(value, "events.json")?;
    out.push_str(
        "/// Event codes by their names in Falco's table.\npub mod event_code {\n    use super::EventCode;\n",
    );
    for event in events {
        let id = text(event, "id")?;
        let number = event.get("code").and_then(Value::as_u64).context("code")?;
        let short = id.strip_prefix("PPME_").unwrap_or(id);
        writeln!(out, "    /// `{id}`.\n    pub const {short}: EventCode = EventCode({number});")?;
    }
    out.push_str("}\n\n/// All event definitions; the index is the code.\n#[rustfmt::skip]\n");
    writeln!(out, "pub static EVENTS: [EventDefinition; {}] = [", events.len())?;
    for (index, event) in events.iter().enumerate() {
        let number = event.get("code").and_then(Value::as_u64).context("code")?;
        if number != u64::try_from(index)? {
            bail!("event code {number} stands at index {index}");
        }
        let list: Result<Vec<_>> =
            array(event.get("params").unwrap_or(&Value::Null), "params")?.iter().map(param).collect();
        writeln!(
            out,
            "    EventDefinition {{ code: EventCode({number}), id: {:?}, name: {:?}, direction: Direction::{}, \
             categories: {}, flags: {}, old_version: {}, unused: {}, syscalls: {}, params: &[{}] }},",
            text(event, "id")?,
            text(event, "name")?,
            camel(text(event, "direction")?),
            strings(event.get("category")),
            strings(event.get("flags")),
            flag(event, "old_version"),
            flag(event, "unused"),
            strings(event.get("syscalls")),
            list?.join(", "),
        )?;
    }
    out.push_str("];\n");
    Ok(out)
}

fn fields(value: &Value) -> Result<String> {
    let mut out = String::from(HEAD);
    out.push_str("use crate::field::{ArgumentRule, Field, FieldId};\nuse crate::ValueType;\n\n");
    let fields = array(value, "fields.json")?;
    out.push_str(
        "/// Field ids by name: `proc.name` is `id::PROC_NAME`.\npub mod id {\n    use super::FieldId;\n",
    );
    for (index, field) in fields.iter().enumerate() {
        let name = text(field, "name")?;
        writeln!(out, "    /// `{name}`.\n    pub const {}: FieldId = FieldId({index});", constant(name))?;
    }
    out.push_str("}\n\n/// All documented fields; the index is the id.\n#[rustfmt::skip]\n");
    writeln!(out, "pub static FIELDS: [Field; {}] = [", fields.len())?;
    for (index, field) in fields.iter().enumerate() {
        let argument = match field.get("argument") {
            None | Some(Value::Null) => "None".to_owned(),
            Some(rule) => {
                let kinds = strings(rule.get("type"));
                format!(
                    "Some(ArgumentRule {{ required: {}, index: {}, key: {} }})",
                    flag(rule, "required"),
                    kinds.contains("INDEX"),
                    kinds.contains("KEY")
                )
            }
        };
        writeln!(
            out,
            "    Field {{ id: FieldId({index}), name: {:?}, value_type: ValueType::{}, is_list: {}, argument: {argument}, class: {:?} }},",
            text(field, "name")?,
            camel(text(field, "type")?),
            flag(field, "is_list"),
            text(field, "class")?,
        )?;
    }
    out.push_str("];\n");
    Ok(out)
}

fn flags(value: &Value) -> Result<String> {
    let mut out = String::from(HEAD);
    out.push_str("use crate::definition::FlagTable;\n\n");
    for (name, entries) in value.as_object().context("flags.json is not an object")? {
        let mut list = Vec::new();
        for entry in array(entries, name)? {
            let number = entry.get("value").and_then(Value::as_i64).context("value")?;
            list.push(format!("({:?}, {number})", text(entry, "name")?));
        }
        writeln!(
            out,
            "/// Names of `{name}`, in table order.\n#[rustfmt::skip]\npub static {}: FlagTable = FlagTable {{ name: {name:?}, entries: &[{}] }};\n",
            constant(name),
            list.join(", ")
        )?;
    }
    Ok(out)
}
