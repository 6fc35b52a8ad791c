//! Walks conformance/falco/load.jsonl: one line is rule files and Falco's answer.

use std::{collections::BTreeMap, fs, path::PathBuf};

use rule_compiler::{AppendOutput, Options, Report, RuleFile, RuleSet, compile};
use serde_json::Value;

fn conformance(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../conformance/falco").join(name)
}

/// Ids with a reason; a case that starts to pass must be taken out.
fn known_failures() -> BTreeMap<String, String> {
    fs::read_to_string(conformance("load_known_failures.txt"))
        .unwrap()
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| {
            let (id, reason) = line.split_once(' ').expect("an id and a reason");
            (id.to_owned(), reason.trim().to_owned())
        })
        .collect()
}

#[test]
fn rule_files_load_as_in_falco() {
    let known = known_failures();
    let mut groups: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut surprises = Vec::new();
    for line in fs::read_to_string(conformance("load.jsonl")).unwrap().lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let id = case["id"].as_str().unwrap();
        let differences = differences(&case);
        let group = groups.entry(id.split('/').next().unwrap().to_owned()).or_default();
        if differences.is_empty() {
            group.0 += 1;
        } else {
            group.1 += 1;
        }
        match (differences.is_empty(), known.get(id)) {
            (true, Some(_)) => surprises.push(format!("{id}: passes now, take it out of the list")),
            (false, None) => surprises.push(format!("{id}: {}", differences.join("; "))),
            _ => {}
        }
    }
    for (group, (passed, failed)) in &groups {
        println!("{group}: {passed} passed, {failed} failed");
    }
    let passed: usize = groups.values().map(|(passed, _)| passed).sum();
    let failed: usize = groups.values().map(|(_, failed)| failed).sum();
    println!("load: {passed} passed, {failed} failed");
    assert!(surprises.is_empty(), "{} cases:\n{}", surprises.len(), surprises.join("\n"));
}

fn differences(case: &Value) -> Vec<String> {
    let files: Vec<RuleFile> = case["files"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
        .map(|(index, text)| RuleFile {
            name: format!("f{}.yaml", index + 1),
            text: text.as_str().unwrap().to_owned(),
        })
        .collect();
    let (rules, report) = compile(&files, &options(&case["engine"]));
    let expected = &case["expected"];
    let mut out = Vec::new();
    let ok = expected["ok"].as_bool().unwrap();
    if report.is_ok() != ok {
        let got: Vec<&str> = report.errors.iter().map(|problem| problem.message.as_str()).collect();
        out.push(format!("ok should be {ok}: {got:?} {}", expected["errors"]));
        return out;
    }
    if expected["fatal"].as_bool() == Some(true) {
        return out;
    }
    if let Some(difference) = codes(&report, expected) {
        out.push(difference);
    }
    if ok && let Some(wanted) = expected["rules"].as_array() {
        compare_rules(&rules, wanted, &mut out);
    }
    out
}

/// Falco's options that the cases use.
fn options(engine: &Value) -> Options {
    let texts = |key: &str| -> Vec<String> {
        engine[key]
            .as_array()
            .map(|list| list.iter().map(|item| item.as_str().unwrap().to_owned()).collect())
            .unwrap_or_default()
    };
    let plugins = texts("plugins");
    let mut entry = AppendOutput { suggested_output: true, ..AppendOutput::default() };
    for option in texts("options") {
        if option.ends_with("suggested_output=false") {
            entry.suggested_output = false;
        } else if let Some((key, text)) = option.split_once('=')
            && key.ends_with("extra_output")
        {
            entry.extra_output = text.to_owned();
        }
    }
    Options { plugins, append_output: vec![entry], ..Options::default() }
}

/// The set of error codes and, for files that load, the multiset of warning codes.
fn codes(report: &Report, expected: &Value) -> Option<String> {
    let wanted = |key: &str| -> Vec<String> {
        let mut codes: Vec<String> = expected[key]
            .as_array()
            .unwrap()
            .iter()
            .map(|problem| problem["code"].as_str().unwrap().to_owned())
            .collect();
        codes.sort();
        codes
    };
    let mut errors: Vec<String> =
        report.errors.iter().map(|problem| problem.code.name().to_owned()).collect();
    errors.sort();
    errors.dedup();
    let mut wanted_errors = wanted("errors");
    wanted_errors.dedup();
    if errors != wanted_errors {
        return Some(format!("errors {errors:?} should be {wanted_errors:?}"));
    }
    let mut warnings: Vec<String> =
        report.warnings.iter().map(|problem| problem.code.name().to_owned()).collect();
    warnings.sort();
    let wanted_warnings = wanted("warnings");
    (report.is_ok() && warnings != wanted_warnings)
        .then(|| format!("warnings {warnings:?} should be {wanted_warnings:?}"))
}

fn compare_rules(rules: &RuleSet, wanted: &[Value], out: &mut Vec<String>) {
    let names: Vec<&str> = rules.rules().iter().map(|rule| rule.name.as_str()).collect();
    let wanted_names: Vec<&str> = wanted.iter().map(|rule| rule["name"].as_str().unwrap()).collect();
    if names != wanted_names {
        out.push(format!("rules {names:?} should be {wanted_names:?}"));
        return;
    }
    for (rule, wanted) in rules.rules().iter().zip(wanted) {
        let mut got = rule.to_json();
        got["condition_operators"] = got["operators"].take();
        let mut fields = rule.output_fields.clone();
        fields.sort();
        got["output_fields"] = fields.into();
        for key in [
            "priority",
            "source",
            "tags",
            "enabled",
            "capture",
            "capture_duration",
            "description",
            "condition",
            "output",
            "condition_compiled",
            "output_compiled",
            "condition_fields",
            "condition_operators",
            "output_fields",
            "exception_names",
            "exception_fields",
            "exception_operators",
            "macros",
            "lists",
        ] {
            let mut want = wanted[key].clone();
            if key == "condition" || key == "condition_compiled" {
                want = want.as_str().unwrap().trim().into();
            }
            if got[key] != want {
                out.push(format!("{key} {} should be {want}", got[key]));
            }
        }
        compare_events(rule, wanted, out);
    }
}

fn compare_events(rule: &rule_compiler::Rule, wanted: &Value, out: &mut Vec<String>) {
    let texts = |value: &Value| -> Option<Vec<String>> {
        Some(value.as_array()?.iter().map(|name| name.as_str().unwrap().to_owned()).collect())
    };
    let expected = match (texts(&wanted["events"]), texts(&wanted["events_all_except"])) {
        (Some(events), _) => events,
        (None, Some(except)) => all_names().into_iter().filter(|name| !except.contains(name)).collect(),
        _ => return,
    };
    let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    expected.sort_unstable();
    if rule.events != expected {
        let missing: Vec<_> = expected.iter().filter(|name| !rule.events.contains(name)).take(5).collect();
        let extra: Vec<_> = rule.events.iter().filter(|name| !expected.contains(name)).take(5).collect();
        out.push(format!("events: missing {missing:?}, too many {extra:?}"));
    }
}

fn all_names() -> Vec<String> {
    let file = fs::read_to_string(conformance("tables/event_names.json")).unwrap();
    serde_json::from_str(&file).unwrap()
}
