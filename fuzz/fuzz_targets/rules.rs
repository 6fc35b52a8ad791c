//! Rule files.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rule_compiler::{Options, RuleFile, compile};

fuzz_target!(|text: &str| {
    let files = [RuleFile { name: "fuzz.yaml".to_owned(), text: text.to_owned() }];
    let (rules, report) = compile(&files, &Options::default());
    let _ = (rules.interest(), report.render(true), report.to_json(&rules));
});
