//! load.jsonl: rule files through `rules check -o json`.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{
    compare::{list, sorted, text},
    falco::Setup,
    score::Score,
};

/// Keys of a rule that are compared as they stand.
const KEYS: [&str; 8] =
    ["name", "priority", "source", "enabled", "condition_compiled", "capture", "capture_duration", "tags"];

pub(super) fn run(setup: &Setup) -> Result<Score> {
    let mut score = Score::new("load");
    let names_file = setup.cases.join("tables/event_names.json");
    let all_names: Vec<String> = fs::read_to_string(&names_file)
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let folder = Folder::new()?;
    for case in setup.cases("load.jsonl")? {
        let difference = check(setup, &folder.path, &case, &all_names)?;
        score.case(text(&case, "id"), false, difference);
    }
    Ok(score)
}

/// A folder that is removed at the end.
struct Folder {
    path: std::path::PathBuf,
}

impl Folder {
    fn new() -> Result<Folder> {
        let path = std::env::temp_dir().join(format!("quaywatch-conformance-{}", std::process::id()));
        fs::create_dir_all(&path).with_context(|| path.display().to_string())?;
        Ok(Folder { path })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn check(setup: &Setup, folder: &Path, case: &Value, all_names: &[String]) -> Result<Option<String>> {
    let mut arguments = vec!["rules".to_owned(), "check".to_owned()];
    for (index, file) in list(case, "files").iter().enumerate() {
        let path = folder.join(format!("f{}.yaml", index + 1));
        fs::write(&path, file.as_str().unwrap_or("")).with_context(|| path.display().to_string())?;
        arguments.push(path.display().to_string());
    }
    let engine = case.get("engine").cloned().unwrap_or_default();
    let plugins = list(&engine, "plugins");
    arguments.extend(["-o", "json", "-O"].map(str::to_owned));
    arguments.push(format!("load_plugins={}", Value::Array(plugins.to_vec())));
    // What Falco's own configuration file says.
    arguments.extend(["-O", "append_output[0].suggested_output=true"].map(str::to_owned));
    for option in list(&engine, "options") {
        arguments.extend(["-O".to_owned(), option.as_str().unwrap_or("").to_owned()]);
    }
    let (code, output, complaints) = setup.program.output(&arguments)?;
    let Ok(got) = serde_json::from_str::<Value>(&output) else {
        return Ok(Some(format!("exit code {code}, no JSON: {complaints}")));
    };
    let is_ok = got.get("ok").and_then(Value::as_bool);
    if code != i32::from(is_ok != Some(true)) {
        return Ok(Some(format!("exit code {code} with ok {is_ok:?}")));
    }
    let differences = differences(&got, case.get("expected").unwrap_or(&Value::Null), all_names);
    Ok((!differences.is_empty()).then(|| differences.join("; ")))
}

fn differences(got: &Value, expected: &Value, all_names: &[String]) -> Vec<String> {
    let wanted_ok = expected.get("ok").and_then(Value::as_bool).unwrap_or(false);
    let ok = got.get("ok").and_then(Value::as_bool).unwrap_or(false);
    let codes = |value: &Value, key: &str| -> Vec<String> {
        let mut codes: Vec<String> =
            list(value, key).iter().map(|problem| text(problem, "code").to_owned()).collect();
        codes.sort();
        codes
    };
    if ok != wanted_ok {
        return vec![format!("ok should be {wanted_ok}: {:?}", list(got, "errors"))];
    }
    if expected.get("fatal").and_then(Value::as_bool) == Some(true) {
        return Vec::new();
    }
    let mut out = Vec::new();
    let (mut errors, mut wanted) = (codes(got, "errors"), codes(expected, "errors"));
    errors.dedup();
    wanted.dedup();
    if errors != wanted {
        out.push(format!("errors {errors:?} should be {wanted:?}"));
    }
    if !ok {
        return out;
    }
    let (warnings, wanted) = (codes(got, "warnings"), codes(expected, "warnings"));
    if warnings != wanted {
        out.push(format!("warnings {warnings:?} should be {wanted:?}"));
    }
    if expected.get("rules").is_some() {
        let (rules, wanted) = (list(got, "rules"), list(expected, "rules"));
        if rules.len() != wanted.len() {
            out.push(format!("{} rules should be {}", rules.len(), wanted.len()));
        }
        for (rule, wanted) in rules.iter().zip(wanted) {
            compare_rule(rule, wanted, all_names, &mut out);
        }
    }
    out
}

/// What a rule compiles to.
pub(super) fn compare_rule(rule: &Value, wanted: &Value, all_names: &[String], out: &mut Vec<String>) {
    for key in KEYS {
        let Some(want) = wanted.get(key) else { continue };
        let have = rule.get(key).unwrap_or(&Value::Null);
        let is_same = match (have.as_str(), want.as_str()) {
            (Some(a), Some(b)) => a.trim() == b.trim(),
            _ => have == want,
        };
        if !is_same {
            out.push(format!("{key} {have} should be {want}"));
        }
    }
    for (key, ours) in [
        ("condition_fields", "condition_fields"),
        ("condition_operators", "operators"),
        ("output_fields", "output_fields"),
    ] {
        if wanted.get(key).is_some() && sorted(list(rule, ours)) != sorted(list(wanted, key)) {
            out.push(format!("{key} {:?} should be {:?}", list(rule, ours), list(wanted, key)));
        }
    }
    let events = match wanted.get("events_all_except") {
        Some(_) => {
            let except = sorted(list(wanted, "events_all_except"));
            all_names.iter().filter(|name| !except.contains(name)).cloned().collect()
        }
        None => sorted(list(wanted, "events")),
    };
    if sorted(list(rule, "events")) != events {
        out.push(format!("events of {}", text(rule, "name")));
    }
}
