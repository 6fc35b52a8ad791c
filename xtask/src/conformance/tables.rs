//! tables/: the lists of fields and events, and what the stock rules compile to.

use std::{collections::BTreeMap, fs};

use anyhow::Result;
use serde_json::Value;

use super::{
    compare::{differing_keys, list, text},
    falco::Setup,
    load::compare_rule,
    score::Score,
};

pub(super) fn run(setup: &Setup) -> Result<Score> {
    let mut score = Score::new("tables");
    table(setup, &mut score, "fields", "name")?;
    table(setup, &mut score, "events", "id")?;
    stock(setup, &mut score)?;
    Ok(score)
}

/// One command against one table; a row is a case.
fn table(setup: &Setup, score: &mut Score, name: &str, key: &str) -> Result<()> {
    let Some(wanted) = read(setup, &format!("{name}.json")) else {
        score.skip();
        return Ok(());
    };
    let (_, output, complaints) = setup.program.output(&[name, "-o", "json"])?;
    let got: Value = serde_json::from_str(&output).unwrap_or_default();
    let rows: BTreeMap<&str, &Value> =
        got.as_array().into_iter().flatten().map(|row| (text(row, key), row)).collect();
    for want in wanted.as_array().into_iter().flatten() {
        let id = text(want, key);
        let difference = match rows.get(id) {
            Some(row) => {
                Some(differing_keys(row, want)).filter(|all| !all.is_empty()).map(|all| all.join("; "))
            }
            None => Some(format!("not listed {}", complaints.trim())),
        };
        score.case(&format!("{name}/{id}"), false, difference);
    }
    Ok(())
}

fn stock(setup: &Setup, score: &mut Score) -> Result<()> {
    let files = ["falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml"]
        .map(|name| setup.rules.join(name));
    let wanted = read(setup, "stock_compiled.json").filter(|_| files.iter().all(|file| file.is_file()));
    let Some(wanted) = wanted else {
        score.skip();
        return Ok(());
    };
    let mut arguments = vec!["rules".to_owned(), "check".to_owned()];
    arguments.extend(files.iter().map(|file| file.display().to_string()));
    arguments.extend(["-o", "json"].map(str::to_owned));
    let (_, output, complaints) = setup.program.output(&arguments)?;
    let got: Value = serde_json::from_str(&output).unwrap_or_default();
    let rules: BTreeMap<&str, &Value> =
        list(&got, "rules").iter().map(|rule| (text(rule, "name"), rule)).collect();
    for want in list(&wanted, "rules") {
        let name = text(want, "name");
        let mut differences = Vec::new();
        match rules.get(name) {
            Some(rule) => compare_rule(rule, want, &[], &mut differences),
            None => differences.push(format!("not loaded {}", complaints.trim())),
        }
        let difference = (!differences.is_empty()).then(|| differences.join("; "));
        score.case(&format!("stock/{name}"), false, difference);
    }
    Ok(())
}

fn read(setup: &Setup, name: &str) -> Option<Value> {
    let text = fs::read_to_string(setup.cases.join("tables").join(name)).ok()?;
    serde_json::from_str(&text).ok()
}
