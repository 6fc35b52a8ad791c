//! alerts.jsonl: rule sets on captures through `replay --rules … -o json`.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::{Value, json};

use super::{
    compare::{differing_keys, list, same, text},
    falco::Setup,
    score::Score,
};

/// Differences named per case.
const NAMED_MAX: usize = 8;

/// The cases hold at most this many pairs of a sequence.
const SEQUENCE_MAX: usize = 3_000;

pub(super) fn run(setup: &Setup) -> Result<Score> {
    let mut score = Score::new("alerts");
    for case in setup.cases("alerts.jsonl")? {
        let files = match text(&case, "rules") {
            "stable" => vec!["falco_rules.yaml"],
            "all93" => vec!["falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml"],
            _ => vec!["own.yaml"],
        };
        let files: Vec<_> = files.into_iter().map(|name| setup.rules.join(name)).collect();
        let Some(capture) = setup.capture(&case).filter(|_| files.iter().all(|file| file.is_file())) else {
            score.skip();
            continue;
        };
        let mut arguments = vec!["replay".to_owned(), capture.display().to_string(), "--rules".to_owned()];
        arguments.extend(files.iter().map(|file| file.display().to_string()));
        arguments.extend(["--rule-matching", text(&case, "rule_matching"), "-o", "json"].map(str::to_owned));
        if case.get("enable_all").and_then(Value::as_bool) == Some(true) {
            arguments.push("--enable-all".to_owned());
        }
        for option in ["append_output[0].suggested_output=false", "append_output[0].extra_fields[0]=evt.num"]
        {
            arguments.extend(["-O", option].map(str::to_owned));
        }
        let mut seen = Seen::new(&case);
        let (code, complaints) =
            setup.program.lines(&arguments, String::new(), &mut |line| seen.alert(line))?;
        let mut differences = seen.differences(&case);
        if !differences.is_empty() && code != 0 {
            differences.push(format!("exit code {code}: {}", complaints.trim()));
        }
        let is_empty = case.get("alert_count").and_then(Value::as_u64) == Some(0);
        let difference = (!differences.is_empty()).then(|| differences.join("\n    "));
        score.case(text(&case, "id"), is_empty, difference);
    }
    Ok(score)
}

/// What the program printed of one case.
struct Seen {
    /// Alerts whose content the case holds, by event and rule.
    wanted: BTreeMap<(u64, String), Value>,
    differing: Vec<String>,
    count: u64,
    rule_counts: BTreeMap<String, u64>,
    sequence: Vec<(u64, String)>,
}

impl Seen {
    fn new(case: &Value) -> Seen {
        let wanted = list(case, "alerts")
            .iter()
            .map(|alert| {
                let number = alert.get("evt_num").and_then(Value::as_u64).unwrap_or(0);
                ((number, text(alert, "rule").to_owned()), alert.clone())
            })
            .collect();
        Seen { wanted, differing: Vec::new(), count: 0, rule_counts: BTreeMap::new(), sequence: Vec::new() }
    }

    fn alert(&mut self, line: &[u8]) {
        self.count += 1;
        let Ok(alert) = serde_json::from_slice::<Value>(line) else {
            self.differing.push(format!("no JSON: {}", String::from_utf8_lossy(line)));
            return;
        };
        let rule = text(&alert, "rule").to_owned();
        let number = alert.pointer("/output_fields/evt.num").and_then(Value::as_u64).unwrap_or(0);
        *self.rule_counts.entry(rule.clone()).or_default() += 1;
        if self.sequence.len() < SEQUENCE_MAX {
            self.sequence.push((number, rule.clone()));
        }
        let Some(want) = self.wanted.remove(&(number, rule.clone())) else { return };
        let mut differences = Vec::new();
        for key in ["priority", "tags", "time", "output"] {
            let (have, want) =
                (alert.get(key).unwrap_or(&Value::Null), want.get(key).unwrap_or(&Value::Null));
            if !same(have, want) {
                differences.push(format!("{key}: {have} should be {want}"));
            }
        }
        differences.extend(differing_keys(
            alert.get("output_fields").unwrap_or(&Value::Null),
            want.get("output_fields").unwrap_or(&Value::Null),
        ));
        if !differences.is_empty() {
            self.differing.push(format!("event {number} {rule}: {}", differences.join("; ")));
        }
    }

    fn differences(mut self, case: &Value) -> Vec<String> {
        // Rules that are switched on later are not tried in order of definition there: which of two
        // that match wins says little. That an event gives an alert still counts.
        let is_weak = case.get("enable_all").and_then(Value::as_bool) == Some(true)
            && text(case, "rule_matching") == "first";
        let mut out = Vec::new();
        let count = case.get("alert_count").and_then(Value::as_u64).unwrap_or(0);
        if self.count != count {
            out.push(format!("{} alerts should be {count}", self.count));
        }
        let wanted: Vec<(u64, String)> = list(case, "sequence")
            .iter()
            .map(|pair| {
                let number = pair.get(0).and_then(Value::as_u64).unwrap_or(0);
                (number, pair.get(1).and_then(Value::as_str).unwrap_or("").to_owned())
            })
            .collect();
        let all_wanted: BTreeMap<&(u64, String), usize> = wanted.iter().map(|pair| (pair, 0)).collect();
        let have: BTreeMap<&(u64, String), usize> = self.sequence.iter().map(|pair| (pair, 0)).collect();
        if is_weak {
            let numbers =
                |pairs: &[(u64, String)]| pairs.iter().map(|(number, _)| *number).collect::<Vec<_>>();
            if numbers(&self.sequence) != numbers(&wanted) {
                out.push("other events".to_owned());
            }
        } else {
            if json!(self.rule_counts) != *case.get("rule_counts").unwrap_or(&Value::Null) {
                out.push("other rules".to_owned());
            }
            if self.sequence != wanted {
                out.push("another sequence".to_owned());
            }
            for (key, _) in std::mem::take(&mut self.wanted) {
                out.push(format!("missing: {key:?}"));
            }
        }
        if !out.is_empty() {
            let missing = all_wanted.keys().filter(|pair| !have.contains_key(*pair));
            let extra = have.keys().filter(|pair| !all_wanted.contains_key(*pair));
            out.extend(missing.take(NAMED_MAX).map(|pair| format!("missing {pair:?}")));
            out.extend(extra.take(NAMED_MAX).map(|pair| format!("too many {pair:?}")));
        }
        out.extend(self.differing.into_iter().take(NAMED_MAX));
        out
    }
}
