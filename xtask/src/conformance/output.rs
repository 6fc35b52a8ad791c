//! output.jsonl: small rule files with options on captures, and the exact first lines.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{
    compare::{differing_keys, list, same, text},
    falco::Setup,
    score::Score,
};

pub(super) fn run(setup: &Setup) -> Result<Score> {
    let mut score = Score::new("output");
    let file = std::env::temp_dir().join(format!("quaywatch-conformance-{}.yaml", std::process::id()));
    for case in setup.cases("output.jsonl")? {
        let Some(capture) = setup.capture(&case) else {
            score.skip();
            continue;
        };
        let difference = check(setup, &file, &capture.display().to_string(), &case)?;
        let is_empty = case.pointer("/expected/total").and_then(Value::as_u64) == Some(0);
        score.case(text(&case, "id"), is_empty, difference);
    }
    let _ = fs::remove_file(&file);
    Ok(score)
}

fn check(setup: &Setup, file: &PathBuf, capture: &str, case: &Value) -> Result<Option<String>> {
    fs::write(file, text(case, "rules")).with_context(|| file.display().to_string())?;
    let is_json = case.get("json_output").and_then(Value::as_bool) == Some(true);
    let mut arguments = vec!["replay".to_owned(), capture.to_owned(), "--rules".to_owned()];
    arguments.push(file.display().to_string());
    arguments.extend(["-o".to_owned(), if is_json { "json" } else { "text" }.to_owned()]);
    let plugins = Value::Array(list(case, "plugins").to_vec());
    arguments.extend(["-O".to_owned(), format!("load_plugins={plugins}")]);
    for option in list(case, "options") {
        arguments.extend(["-O".to_owned(), option.as_str().unwrap_or("").to_owned()]);
    }
    let (_, output, complaints) = setup.program.output(&arguments)?;
    let expected = case.get("expected").unwrap_or(&Value::Null);
    let lines: Vec<&str> = output.lines().collect();
    let total = expected.get("total").and_then(Value::as_u64).unwrap_or(0);
    if lines.len() as u64 != total {
        return Ok(Some(format!("{} lines should be {total}: {}", lines.len(), complaints.trim())));
    }
    for (line, want) in lines.iter().zip(list(expected, "lines")) {
        let want = want.as_str().unwrap_or("");
        if *line == want {
            continue;
        }
        if is_json
            && let (Ok(a), Ok(b)) = (serde_json::from_str::<Value>(line), serde_json::from_str::<Value>(want))
        {
            if !same(&a, &b) {
                return Ok(Some(differing_keys(&a, &b).join("; ")));
            }
            continue;
        }
        return Ok(Some(format!("{line}\n    should be\n    {want}")));
    }
    Ok(None)
}
