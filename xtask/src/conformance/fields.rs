//! fields.jsonl: values of fields at chosen events through `replay --events … --fields …`.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use serde_json::Value;

use super::{
    compare::{list, same, text},
    falco::Setup,
    score::Score,
};

/// Differences named per case.
const NAMED_MAX: usize = 12;

pub(super) fn run(setup: &Setup) -> Result<Score> {
    let mut score = Score::new("fields");
    let mut groups: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
    for case in setup.cases("fields.jsonl")? {
        if setup.capture(&case).is_none() {
            score.skip();
            continue;
        }
        let names: Vec<&str> = list(&case, "fields").iter().filter_map(Value::as_str).collect();
        groups.entry((text(&case, "capture").to_owned(), names.join(","))).or_default().push(case);
    }
    let mut wrong: BTreeMap<String, usize> = BTreeMap::new();
    for ((_, names), cases) in &groups {
        group(setup, names, cases, &mut score, &mut wrong)?;
    }
    let mut worst: Vec<_> = wrong.into_iter().collect();
    worst.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (name, count) in worst.iter().take(40) {
        score.note(name, format!("{count} values"));
    }
    Ok(score)
}

fn group(
    setup: &Setup,
    names: &str,
    cases: &[Value],
    score: &mut Score,
    wrong: &mut BTreeMap<String, usize>,
) -> Result<()> {
    let Some(capture) = cases.first().and_then(|case| setup.capture(case)) else { return Ok(()) };
    let fields: Vec<&str> = names.split(',').collect();
    let number_at = fields.iter().position(|name| *name == "evt.num").unwrap_or(0);
    let number = |row: &Value| row.get(number_at).and_then(Value::as_u64);
    let mut numbers: Vec<u64> = cases.iter().flat_map(|case| list(case, "rows")).filter_map(number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let wanted: Vec<String> = numbers.iter().map(u64::to_string).collect();
    let capture = capture.display().to_string();
    let wanted = wanted.join(",");
    let arguments = ["replay", capture.as_str(), "--events", &wanted, "--fields", names, "-o", "json"];
    let mut answers: HashMap<u64, Value> = HashMap::new();
    let (code, complaints) = setup.program.lines(&arguments, String::new(), &mut |line| {
        if let Ok(answer) = serde_json::from_slice::<Value>(line)
            && let Some(number) = answer.get("evt.num").and_then(Value::as_u64)
        {
            answers.insert(number, answer);
        }
    })?;
    if answers.is_empty() {
        score.note(&capture, format!("no answer, exit code {code}: {}", complaints.trim()));
    }
    for case in cases {
        let (mut right, mut bad) = ((0, 0), (0, 0));
        let mut named = Vec::new();
        for row in list(case, "rows") {
            let number = number(row).unwrap_or(0);
            let answer = answers.get(&number);
            for (name, want) in fields.iter().zip(row.as_array().into_iter().flatten()) {
                let have = answer.and_then(|answer| answer.get(*name)).unwrap_or(&Value::Null);
                let is_same = answer.is_some() && same(have, want);
                let tally = if is_same { &mut right } else { &mut bad };
                if want.is_null() {
                    tally.1 += 1;
                } else {
                    tally.0 += 1;
                }
                if !is_same {
                    *wrong.entry((*name).to_owned()).or_default() += 1;
                    if named.len() < NAMED_MAX {
                        named.push(format!("event {number} {name}: {have} should be {want}"));
                    }
                }
            }
        }
        score.values(right, bad);
        if !named.is_empty() {
            let all = bad.0 + bad.1;
            score.note(text(case, "id"), format!("{all} values\n    {}", named.join("\n    ")));
        }
    }
    Ok(())
}
