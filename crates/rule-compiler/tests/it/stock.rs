//! Falco's three stock rule files, when QUAYWATCH_CASES says where they are (they are not ours to
//! keep in this repository).

use std::{collections::BTreeSet, fs, path::PathBuf, time::Instant};

use rule_compiler::{Options, RuleFile, compile};
use serde_json::Value;

#[test]
fn stock_rules_compile_as_in_falco() {
    let Some(cases) = std::env::var_os("QUAYWATCH_CASES") else {
        println!("skipped: QUAYWATCH_CASES is not set");
        return;
    };
    let falco = PathBuf::from(cases).join("falco");
    let files: Vec<RuleFile> =
        ["falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml"]
            .map(|name| RuleFile {
                name: name.to_owned(),
                text: fs::read_to_string(falco.join("rules").join(name)).unwrap(),
            })
            .into();
    let start = Instant::now();
    let (rules, report) = compile(&files, &Options::default());
    println!("stock: {} rules in {:?}", rules.rules().len(), start.elapsed());
    assert!(report.is_ok(), "{}", report.render(false));

    let table: Value =
        serde_json::from_str(&fs::read_to_string(falco.join("tables/stock_compiled.json")).unwrap()).unwrap();
    let wanted = table["rules"].as_array().unwrap();
    assert_eq!(rules.rules().len(), wanted.len());
    let mut wrong = Vec::new();
    for wanted in wanted {
        let name = wanted["name"].as_str().unwrap();
        let rule = rules.rule(name).unwrap();
        let got = rule.to_json();
        for key in [
            "priority",
            "tags",
            "enabled",
            "condition_compiled",
            "output_compiled",
            "events",
            "condition_fields",
        ] {
            if wanted.get(key).is_some() && got[key] != wanted[key] {
                wrong.push(format!("{name}: {key}\n  {}\n  {}", got[key], wanted[key]));
            }
        }
        let fields: BTreeSet<&str> = rule.output_fields.iter().map(String::as_str).collect();
        let wanted_fields: BTreeSet<&str> =
            wanted["output_fields"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        if fields != wanted_fields {
            wrong.push(format!("{name}: output_fields {fields:?} {wanted_fields:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
    let interest = rules.interest();
    println!("interest: {:?}", interest.events);
    println!("{}", rules.explain("Read sensitive file untrusted").unwrap());
}

/// Whether a filter compiles, for the filters of filter_count.jsonl. What they count is the
/// replay's business.
#[test]
fn filters_compile_as_in_libs() {
    let Some(cases) = std::env::var_os("QUAYWATCH_CASES") else {
        println!("skipped: QUAYWATCH_CASES is not set");
        return;
    };
    let text = fs::read_to_string(PathBuf::from(cases).join("falco/filter_count.jsonl")).unwrap();
    let (mut count, mut wrong) = (0, Vec::new());
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let expected = &case["expected"];
        let filter = case["filter"].as_str().unwrap();
        if expected.get("crash").is_some() {
            continue;
        }
        // Falco's library differs from its rules: a part of an event's name is refused, a transformed
        // name is not.
        if filter.contains("evt.type startswith")
            || filter.contains("evt.type endswith")
            || filter.contains("evt.type contains")
            || filter.contains("(evt.type)")
        {
            continue;
        }
        let rule = serde_json::json!([{"rule": "r", "desc": "d", "condition": filter, "output": "o", "priority": "INFO"}]);
        let file = RuleFile { name: "f".to_owned(), text: rule.to_string() };
        let (_, report) = compile(&[file], &Options::default());
        count += 1;
        if report.is_ok() == expected.get("error").is_some() {
            let messages: Vec<&str> = report.errors.iter().map(|problem| problem.message.as_str()).collect();
            wrong.push(format!("{filter}: {messages:?} {expected}"));
        }
    }
    println!("filters: {} of {count} as expected", count - wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
