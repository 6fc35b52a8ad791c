//! The lists of fields and events as JSON, Markdown and text. The JSON has the shape of Falco's
//! tables in `conformance/falco/tables`.

use std::{fmt::Write as _, io::Write as _, process::ExitCode};

use anyhow::Result;
use event::{Direction, EVENTS, FIELDS, ParamDefinition};
use serde_json::{Value, json};

/// Prints a list; a reader that went away is no error.
pub(crate) fn print(text: &str) -> Result<ExitCode> {
    match writeln!(std::io::stdout(), "{}", text.trim_end()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// One object a field.
pub(crate) fn fields_json() -> Value {
    FIELDS
        .iter()
        .map(|field| {
            json!({
                "name": field.name,
                "type": upper(&field.value_type),
                "is_list": field.is_list,
                "argument": field.argument.map(|rule| {
                    let kinds = [(rule.index, "INDEX"), (rule.key, "KEY")];
                    let kinds = kinds.into_iter().filter(|(is_taken, _)| *is_taken).map(|(_, kind)| kind);
                    json!({"required": rule.required, "type": kinds.collect::<Vec<_>>()})
                }),
                "class": field.class,
            })
        })
        .collect()
}

/// One table a class.
pub(crate) fn fields_markdown() -> String {
    let mut out = String::new();
    for class in classes() {
        let _ = writeln!(out, "## {class}\n\n| field | type | argument |\n|---|---|---|");
        for field in FIELDS.iter().filter(|field| field.class == class) {
            let kind = upper(&field.value_type) + if field.is_list { " list" } else { "" };
            let _ = writeln!(out, "| `{}` | {kind} | {} |", field.name, argument(field));
        }
        out.push('\n');
    }
    out
}

/// One line a field.
pub(crate) fn fields_text() -> String {
    let mut out = String::new();
    for class in classes() {
        let _ = writeln!(out, "{class}");
        for field in FIELDS.iter().filter(|field| field.class == class) {
            let kind = upper(&field.value_type) + if field.is_list { " list" } else { "" };
            let line = format!("  {:<42} {kind:<14} {}", field.name, argument(field));
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }
    out
}

fn argument(field: &event::Field) -> &'static str {
    match field.argument {
        None => "",
        Some(rule) if rule.required => "[argument]",
        Some(_) => "[argument], may be left out",
    }
}

fn classes() -> Vec<&'static str> {
    let mut classes: Vec<&str> = Vec::new();
    for field in FIELDS.iter() {
        if !classes.contains(&field.class) {
            classes.push(field.class);
        }
    }
    classes
}

/// One object an event code.
pub(crate) fn events_json() -> Value {
    EVENTS
        .iter()
        .map(|event| {
            json!({
                "code": event.code.0,
                "id": event.id,
                "name": event.name,
                "direction": if event.direction == Direction::Enter { "enter" } else { "exit" },
                "category": event.categories,
                "flags": event.flags,
                "old_version": event.old_version,
                "unused": event.unused,
                "syscalls": event.syscalls,
                "params": event.params.iter().map(param_json).collect::<Vec<_>>(),
            })
        })
        .collect()
}

fn param_json(param: &ParamDefinition) -> Value {
    let mut object = json!({
        "name": param.name,
        "type": param_type(param),
        "format": upper(&param.format),
    });
    if let Value::Object(object) = &mut object {
        if let Some(table) = param.table {
            object.insert("table".to_owned(), table.name.into());
        }
        if let Some(index) = param.relative_to_param {
            object.insert("relative_to_param".to_owned(), index.into());
        }
        if !param.variants.is_empty() {
            object.insert("variants".to_owned(), param.variants.iter().map(param_json).collect());
        }
    }
    object
}

/// As Falco writes types: in capitals, two of them in more words.
fn param_type(param: &ParamDefinition) -> String {
    match param.param_type {
        event::ParamType::Charbufarray => "CHARBUFARRAY".to_owned(),
        event::ParamType::CharbufPairArray => "CHARBUF_PAIR_ARRAY".to_owned(),
        other => upper(&other),
    }
}

/// Events as rules see them: exits, one row a name and set of parameters.
pub(crate) fn events_markdown() -> String {
    let mut out = String::from("| event | parameters (`evt.arg.NAME`) | made by |\n|---|---|---|\n");
    for event in EVENTS.iter().filter(|event| is_current(event)) {
        let params: Vec<String> = event.params.iter().map(|param| format!("`{}`", param.name)).collect();
        let _ = writeln!(out, "| `{}` | {} | {} |", event.name, params.join(" "), event.syscalls.join(", "));
    }
    out
}

/// One line an event.
pub(crate) fn events_text() -> String {
    let mut out = String::new();
    for event in EVENTS.iter().filter(|event| is_current(event)) {
        let params: Vec<String> =
            event.params.iter().map(|param| format!("{}:{}", param.name, param_type(param))).collect();
        let line = format!("{:<22} {}", event.name, params.join(" "));
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

fn is_current(event: &event::EventDefinition) -> bool {
    event.direction == Direction::Exit && !event.old_version && !event.unused
}

fn upper(name: &impl std::fmt::Debug) -> String {
    format!("{name:?}").to_uppercase()
}
