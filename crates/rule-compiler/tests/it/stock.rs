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
