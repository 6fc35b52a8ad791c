//! filter_count.jsonl: plain filters on captures through `replay --filters -`, one process for
//! all filters of a capture.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::Value;

use super::{compare::text, falco::Setup, score::Score};

/// Filters handed to one process; more would only make a crash cost more cases.
const BATCH: usize = 500;

pub(super) fn run(setup: &Setup) -> Result<Score> {
    let mut score = Score::new("filters");
    let mut by_capture: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for case in setup.cases("filter_count.jsonl")? {
        // The reference program stopped: nothing to compare with. A filter is one line.
        let is_crash = case.pointer("/expected/crash").is_some();
        if is_crash || text(&case, "filter").contains('\n') || setup.capture(&case).is_none() {
            score.skip();
            continue;
        }
        by_capture.entry(text(&case, "capture").to_owned()).or_default().push(case);
    }
    for cases in by_capture.values().flat_map(|cases| cases.chunks(BATCH)) {
        batch(setup, cases, &mut score)?;
    }
    Ok(score)
}

fn batch(setup: &Setup, cases: &[Value], score: &mut Score) -> Result<()> {
    let Some(capture) = cases.first().and_then(|case| setup.capture(case)) else { return Ok(()) };
    let input: String = cases.iter().map(|case| format!("{}\n", text(case, "filter"))).collect();
    let capture = capture.display().to_string();
    let mut answers: Vec<Value> = Vec::new();
    let arguments = ["replay", capture.as_str(), "--filters", "-"];
    let (code, complaints) = setup.program.lines(&arguments, input, &mut |line| {
        answers.push(serde_json::from_slice(line).unwrap_or(Value::Null));
    })?;
    for (index, case) in cases.iter().enumerate() {
        let expected = case.get("expected").unwrap_or(&Value::Null);
        let is_empty = expected.get("count").and_then(Value::as_u64) == Some(0);
        let difference = match answers.get(index) {
            Some(answer) => compare(answer, expected),
            None => Some(format!("no answer, exit code {code}: {}", complaints.trim())),
        };
        let difference = difference.map(|difference| format!("{difference} ({})", text(case, "filter")));
        score.case(text(case, "id"), is_empty, difference);
    }
    Ok(())
}

fn compare(answer: &Value, expected: &Value) -> Option<String> {
    if expected.get("error").is_some() {
        return answer
            .get("error")
            .is_none()
            .then(|| format!("{answer} should be an error: {}", text(expected, "message")));
    }
    let same = ["count", "first", "last"].iter().all(|key| {
        let (have, want) = (answer.get(key), expected.get(key));
        have.filter(|value| !value.is_null()) == want.filter(|value| !value.is_null())
    });
    (!same).then(|| format!("{answer} should be {expected}"))
}
