//! The cases in `rules/tests/`, and that no rule is without.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use serde::Deserialize;
use testkit::repository_root;

/// A rule and its cases.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleCases {
    pub(crate) rule: String,
    pub(crate) fires: Vec<Case>,
    pub(crate) silent: Vec<Case>,
}

/// Something to do; `rules/tests/README.md` explains the keys.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) does: String,
    #[serde(default)]
    pub(crate) run: Option<String>,
    #[serde(default)]
    pub(crate) command: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) docker: Vec<String>,
    #[serde(default)]
    pub(crate) image: Option<String>,
    #[serde(default)]
    pub(crate) tty: bool,
    #[serde(default)]
    pub(crate) exec: bool,
    #[serde(default)]
    pub(crate) on: Place,
    #[serde(default)]
    pub(crate) fields: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) beside: Vec<String>,
}

/// Where a script runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Place {
    #[default]
    Container,
    Host,
}

/// Files in the folder of cases that hold something else.
const OTHER_FILES: [&str; 2] = ["image.yaml", "ordinary.yaml"];

/// What ordinary containers do: silent for every rule.
pub(crate) fn ordinary() -> Vec<Case> {
    let path = repository_root().join("rules/tests/ordinary.yaml");
    serde_saphyr::from_str(&fs::read_to_string(&path).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All cases, in the order of the files' names.
pub(crate) fn all() -> Vec<RuleCases> {
    let folder = repository_root().join("rules/tests");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .filter(|path| {
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| !OTHER_FILES.contains(&name))
        })
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let part: Vec<RuleCases> =
            serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        cases.extend(part);
    }
    cases
}

/// Names of the rules in `rules/*.yaml`.
fn rule_names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(repository_root().join("rules")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = fs::read_to_string(&path).unwrap();
            names.extend(text.lines().filter_map(|line| line.strip_prefix("- rule: ")).map(str::to_owned));
        }
    }
    names
}

#[test]
fn every_rule_has_cases_of_both_kinds() {
    let cases = all();
    let mut with_both = BTreeSet::new();
    for rule in &cases {
        assert!(!rule.fires.is_empty() && !rule.silent.is_empty(), "{}: both kinds, please", rule.rule);
        assert!(with_both.insert(rule.rule.clone()), "{}: twice in rules/tests", rule.rule);
        for case in rule.fires.iter().chain(&rule.silent) {
            let one = case.run.is_some() != case.command.is_some();
            assert!(one, "{}: {}: either run or command", rule.rule, case.does);
        }
    }
    let names = rule_names();
    assert!(names.len() >= 25, "the rules were not found: {names:?}");
    let without: Vec<_> = names.difference(&with_both).collect();
    assert!(without.is_empty(), "rules without cases: {without:?}");
    let unknown: Vec<_> = with_both.difference(&names).collect();
    assert!(unknown.is_empty(), "cases of rules that do not exist: {unknown:?}");
}
