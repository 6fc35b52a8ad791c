//! `rules test`: files of cases that say which rules fire on which event or capture.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use anyhow::{Context as _, Result};
use rule_compiler::{Options, RuleFile, RuleSet};
use rule_engine::{Config, Engine, RuleMatching};
use serde::Deserialize;
use serde_json::Value as Json;
use telemetry::Registry;

use super::given::Given;
use crate::{config::SensorConfig, rule_files};

/// A file of tests is text that people write.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// A file of tests.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TestFile {
    /// Rule files, relative to this file; the built-in rules when none is named.
    #[serde(default)]
    rules: Vec<PathBuf>,
    tests: Vec<Case>,
}

/// One test: an event, or a capture.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// Its name, such as `openat`.
    #[serde(default)]
    event: Option<String>,
    /// Values of fields at the event; what is not named is missing.
    #[serde(default)]
    fields: BTreeMap<String, Json>,
    /// A capture, relative to this file.
    #[serde(default)]
    capture: Option<PathBuf>,
    /// The rules that fire: these and no other.
    #[serde(default)]
    expect: Vec<Expect>,
}

/// A rule that has to fire.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Expect {
    Name(String),
    Detailed(Detailed),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Detailed {
    rule: String,
    /// How often; any number when it is not given.
    #[serde(default)]
    count: Option<usize>,
    /// Values that one of its alerts has.
    #[serde(default)]
    fields: BTreeMap<String, Json>,
    /// A part of the text of one of its alerts.
    #[serde(default)]
    output: String,
}

impl Expect {
    fn rule(&self) -> &str {
        match self {
            Expect::Name(name) => name,
            Expect::Detailed(detailed) => &detailed.rule,
        }
    }
}

/// What an alert says, whoever made it.
struct Fired {
    rule: String,
    output: String,
    fields: serde_json::Map<String, Json>,
}

/// Runs files of tests and prints what failed; whether all passed.
pub(crate) fn run_tests(files: &[PathBuf], as_json: bool) -> Result<bool> {
    let mut results = Vec::new();
    for path in files {
        run_file(path, &mut results).with_context(|| path.display().to_string())?;
    }
    let failed = results.iter().filter(|(_, _, reason)| reason.is_some()).count();
    if as_json {
        let rows: Vec<Json> = results
            .iter()
            .map(|(file, name, reason)| serde_json::json!({"file": file, "name": name, "ok": reason.is_none(), "reason": reason}))
            .collect();
        super::tables::print(&format!("{:#}", Json::Array(rows)))?;
    } else {
        for (file, name, reason) in &results {
            if let Some(reason) = reason {
                super::tables::print(&format!("FAILED {file}: {name}\n       {reason}"))?;
            }
        }
        super::tables::print(&format!("{} passed, {failed} failed", results.len() - failed))?;
    }
    Ok(failed == 0)
}

type Results = Vec<(String, String, Option<String>)>;

fn run_file(path: &Path, results: &mut Results) -> Result<()> {
    let size = fs::metadata(path)?.len();
    anyhow::ensure!(size <= FILE_BYTES_MAX, "the file has {size} bytes, {FILE_BYTES_MAX} are allowed");
    let file: TestFile =
        serde_saphyr::from_str(&fs::read_to_string(path)?).context("not a file of rule tests")?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let rule_paths: Vec<PathBuf> = file.rules.iter().map(|rule| folder.join(rule)).collect();
    let files: Vec<RuleFile> = if rule_paths.is_empty() {
        rule_files::read(&SensorConfig::default())?
    } else {
        rule_paths.iter().map(|path| rule_files::read_file(path)).collect::<Result<_>>()?
    };
    let (rules, report) = rule_files::compile_all(&files, &Options::default());
    let rules = rules.with_context(|| report.render(false))?;
    for case in &file.tests {
        let reason = match run_case(case, &rules, folder, &rule_paths) {
            Ok(fired) => judge(case, &fired, &rules),
            Err(error) => Some(format!("{error:#}")),
        };
        results.push((path.display().to_string(), case.name.clone(), reason));
    }
    Ok(())
}

fn run_case(case: &Case, rules: &Arc<RuleSet>, folder: &Path, rule_paths: &[PathBuf]) -> Result<Vec<Fired>> {
    let extra: Vec<String> = case
        .expect
        .iter()
        .filter_map(|expect| match expect {
            Expect::Detailed(detailed) => Some(detailed.fields.keys().cloned()),
            Expect::Name(_) => None,
        })
        .flatten()
        .collect();
    match (&case.event, &case.capture) {
        (Some(event), None) => evaluate(&Given::new(event, case.fields.iter())?, rules, extra),
        (None, Some(capture)) => replay(&folder.join(capture), rule_paths, &extra),
        _ => anyhow::bail!("a test has either an `event` with `fields`, or a `capture`"),
    }
}

fn evaluate(event: &Given, rules: &Arc<RuleSet>, extra_fields: Vec<String>) -> Result<Vec<Fired>> {
    let config = Config { rule_matching: RuleMatching::All, extra_fields, ..Config::default() };
    let mut engine = Engine::new(Arc::clone(rules), config, &Registry::default())?;
    let mut fired = Vec::new();
    engine.evaluate(event, &mut |alert| {
        fired.push(Fired { rule: alert.rule, output: alert.output, fields: alert.output_fields });
    });
    Ok(fired)
}

/// Asks this very program to replay the capture.
fn replay(capture: &Path, rule_paths: &[PathBuf], extra: &[String]) -> Result<Vec<Fired>> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("replay").arg(capture).args(["--rule-matching", "all", "-o", "json"]);
    if !rule_paths.is_empty() {
        command.arg("--rules").args(rule_paths);
    }
    for (index, field) in extra.iter().enumerate() {
        command.args(["-O", &format!("append_output[0].extra_fields[{index}]={field}")]);
    }
    let output = command.output().context("cannot replay")?;
    anyhow::ensure!(
        output.status.success(),
        "replaying {} failed: {}",
        capture.display(),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let mut fired = Vec::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let alert: Json = serde_json::from_str(line).context("replay printed something else than alerts")?;
        let text = |key: &str| alert.get(key).and_then(Json::as_str).unwrap_or("").to_owned();
        let fields = alert.get("output_fields").and_then(Json::as_object).cloned().unwrap_or_default();
        fired.push(Fired { rule: text("rule"), output: text("output"), fields });
    }
    Ok(fired)
}

/// Why a case fails; `None` when it passes.
fn judge(case: &Case, fired: &[Fired], rules: &RuleSet) -> Option<String> {
    let mut names: Vec<&str> = fired.iter().map(|fired| fired.rule.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    for expect in &case.expect {
        let name = expect.rule();
        if rules.rule(name).is_none() {
            return Some(format!("there is no rule {name:?}"));
        }
        let own: Vec<&Fired> = fired.iter().filter(|fired| fired.rule == name).collect();
        if own.is_empty() {
            return Some(format!("{name:?} should fire; fired: {names:?}"));
        }
        let Expect::Detailed(detailed) = expect else { continue };
        if let Some(count) = detailed.count
            && own.len() != count
        {
            return Some(format!("{name:?} should fire {count} times, not {}", own.len()));
        }
        let fits = |fired: &&Fired| {
            fired.output.contains(&detailed.output)
                && detailed.fields.iter().all(|(key, value)| fired.fields.get(key) == Some(value))
        };
        if !own.iter().any(fits) {
            let shown = own.first().map(|fired| {
                let fields: Vec<String> = detailed
                    .fields
                    .keys()
                    .map(|key| format!("{key}={}", fired.fields.get(key).unwrap_or(&Json::Null)))
                    .collect();
                format!("{} {}", fired.output, fields.join(" "))
            });
            return Some(format!("no alert of {name:?} says that: {}", shown.unwrap_or_default()));
        }
    }
    let surprise = names.iter().find(|name| !case.expect.iter().any(|expect| expect.rule() == **name));
    surprise.map(|name| format!("{name:?} should not fire"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_rules_pass_their_tests() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/tests/given");
        assert!(run_tests(&[folder.join("default.yaml")], false).unwrap());
    }

    #[test]
    fn failures_say_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let check = |test: &str, expected: Option<&str>| {
            let path = folder.path().join("a.yaml");
            fs::write(&path, format!("tests:\n- name: t\n  {test}\n")).unwrap();
            let mut results = Vec::new();
            run_file(&path, &mut results).unwrap();
            let reason = results.remove(0).2;
            assert_eq!(reason.is_none(), expected.is_none(), "{test}: {reason:?}");
            assert!(reason.unwrap_or_default().contains(expected.unwrap_or("")), "{test}");
        };
        let fires = "event: execve\n  fields: {evt.rawres: 0, proc.name: sh, proc.pname: nginx}\n";
        check(&format!("{fires}  expect: [Shell started by web server]"), None);
        check(
            &format!("{fires}  expect: [{{rule: Shell started by web server, fields: {{proc.name: sh}}}}]"),
            None,
        );
        check(
            &format!("{fires}  expect: [{{rule: Shell started by web server, fields: {{proc.name: x}}}}]"),
            Some("no alert"),
        );
        check(
            &format!("{fires}  expect: [{{rule: Shell started by web server, count: 2}}]"),
            Some("2 times"),
        );
        check(fires, Some("should not fire"));
        check("event: execve\n  expect: [Shell started by web server]", Some("should fire"));
        check("event: execve\n  expect: [No such rule]", Some("no rule"));
        check("event: nosuch", Some("there is no event"));
        check("event: execve\n  fields: {proc.nam: x}", Some("proc.name"));
        check("event: execve\n  fields: {fd.num: x}", Some("whole number"));
        check("expect: []", Some("either"));
    }
}
