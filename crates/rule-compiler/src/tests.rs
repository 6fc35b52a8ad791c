//! Diagnostics: code, place, help, several at once, and hostile files.

use event::PathSet;
use insta::assert_snapshot;

use crate::{Options, Report, RuleFile, RuleSet, compile};

fn load(text: &str) -> (RuleSet, Report) {
    compile(&[RuleFile { name: "f.yaml".to_owned(), text: text.to_owned() }], &Options::default())
}

fn rule(condition: &str) -> String {
    format!("- rule: r\n  desc: d\n  condition: {condition}\n  output: o\n  priority: INFO\n")
}

/// `line:column code` of each problem.
fn places(report: &Report) -> Vec<String> {
    report
        .errors
        .iter()
        .chain(&report.warnings)
        .map(|problem| format!("{}:{} {}", problem.line, problem.column, problem.code.name()))
        .collect()
}

#[test]
fn every_mistake_is_shown_with_its_place_and_a_way_out() {
    let (_, report) = load(
        "- macro: shells\n  condition: proc.name in (sh, bash)\n\
         - rule: one\n  desc: d\n  condition: >\n    evt.type = opn and shels\n    and proc.pnme = x\n  output: \"%proc.nam x\"\n  priority: INFO\n\
         - rule: two\n  desc: d\n  condition: evt.type = open and shells and proc.pnme = cat and evt.type = opne\n  output: \"%proc.nam\"\n  priority: INFO\n",
    );
    assert_snapshot!(report.render(false), @r#"
    error[LOAD_ERR_VALIDATE]: Undefined macro 'shels' used in filter. (in rule "one")
     --> f.yaml:6:24
      |
    6 |     evt.type = opn and shels
      |                        ^
      = help: did you mean `shells`?
    error[LOAD_ERR_COMPILE_OUTPUT]: invalid formatting token proc.nam (in rule "one")
     --> f.yaml:8:12
      |
    8 |   output: "%proc.nam x"
      |            ^
      = help: did you mean `%proc.name`?
    error[LOAD_ERR_COMPILE_OUTPUT]: invalid formatting token proc.nam (in rule "two")
      --> f.yaml:13:12
       |
    13 |   output: "%proc.nam"
       |            ^
       = help: did you mean `%proc.name`?
    error[LOAD_ERR_COMPILE_CONDITION]: filter_check called with nonexistent field proc.pnme (in rule "two")
      --> f.yaml:12:45
       |
    12 |   condition: evt.type = open and shells and proc.pnme = cat and evt.type = opne
       |                                             ^
       = help: did you mean `proc.pname`?
    error[LOAD_ERR_COMPILE_CONDITION]: unknown event type opne (in rule "two")
      --> f.yaml:12:76
       |
    12 |   condition: evt.type = open and shells and proc.pnme = cat and evt.type = opne
       |                                                                            ^
       = help: did you mean `open`?
    "#);
    let (_, report) = load(
        "- list: l\n  items: [a, b]\n- rule: r\n  desc: d\n  condition: evt.type in (opne, l) and proc.pnme in (l)\n  output: o\n  priority: INFO\n",
    );
    assert_snapshot!(report.render(false), @r#"
    error[LOAD_ERR_COMPILE_CONDITION]: unknown event type opne (in rule "r")
     --> f.yaml:5:27
      |
    5 |   condition: evt.type in (opne, l) and proc.pnme in (l)
      |                           ^
      = help: did you mean `open`?
    error[LOAD_ERR_COMPILE_CONDITION]: filter_check called with nonexistent field proc.pnme (in rule "r")
     --> f.yaml:5:40
      |
    5 |   condition: evt.type in (opne, l) and proc.pnme in (l)
      |                                        ^
      = help: did you mean `proc.pname`?
    "#);
}

#[test]
fn places_survive_folding_lists_macros_and_appending() {
    let check = |text: &str, expected: &[&str]| assert_eq!(places(&load(text).1), expected, "{text}");
    check(&rule("\"evt.type = open and no.such = \\\"a\\\"\""), &["3:35 LOAD_ERR_COMPILE_CONDITION"]);
    check(&rule("|\n    evt.type = open\n    and proc.name ="), &["5:20 LOAD_ERR_COMPILE_CONDITION"]);
    check(
        &format!("- list: l\n  items: [aaaaaaaaaaaa, b]\n{}", rule("proc.name in (l) and no.such = 1")),
        &["5:35 LOAD_ERR_COMPILE_CONDITION"],
    );
    check(
        &format!("- macro: m\n  condition: evt.type=open and no.such=1\n{}", rule("m and proc.name=a")),
        &["2:32 LOAD_ERR_COMPILE_CONDITION"],
    );
    check(
        &format!(
            "{}- rule: r\n  condition: and no.such=1\n  override: {{condition: append}}\n",
            rule("evt.type=open")
        ),
        &["7:18 LOAD_ERR_COMPILE_CONDITION"],
    );
    check("- rule: [", &["1:10 LOAD_ERR_YAML_PARSE"]);
    check("- rule: r\n  desc: d\n", &["1:3 LOAD_ERR_YAML_VALIDATE"]);
}

#[test]
fn terminal_sequences_are_shown_escaped() {
    let (_, report) = load(&rule("\"evt.type = open and no.such\\e[31m = 1\""));
    assert!(!report.render(false).contains('\u{1b}'));
    let (_, report) = load("- rule: \"a\\e[2Jb\"\n  desc: d\n");
    let text = report.render(false);
    assert!(text.contains("\\u{1b}[2J") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn the_report_as_json_has_the_agreed_keys() {
    let (rules, report) = load(&rule("evt.type=open and proc.name = val(proc.pname)"));
    let json = report.to_json(&rules);
    assert_eq!(json["ok"], true);
    let keys: Vec<&str> = json["rules"][0].as_object().unwrap().keys().map(String::as_str).collect();
    for key in [
        "name",
        "priority",
        "source",
        "tags",
        "enabled",
        "condition_compiled",
        "output_compiled",
        "events",
        "condition_fields",
        "operators",
    ] {
        assert!(keys.contains(&key), "{key}");
    }
    let (rules, report) = load(&rule("no.such = 1"));
    let error = &report.to_json(&rules)["errors"][0];
    assert_eq!(
        (&error["code"], &error["item"], &error["line"], &error["column"]),
        (&"LOAD_ERR_COMPILE_CONDITION".into(), &"rule \"r\"".into(), &3.into(), &14.into())
    );
}

#[test]
fn hostile_files_end_with_an_error_that_names_the_bound() {
    let check = |text: &str, expected: &str| {
        let (_, report) = load(text);
        let messages: Vec<&str> = report.errors.iter().map(|problem| problem.message.as_str()).collect();
        assert!(messages.iter().any(|message| message.contains(expected)), "{messages:?}");
    };
    check(&format!("- rule: {}", "[".repeat(10_000)), "nested deeper than 64");
    check(&rule(&format!("{}evt.type=open{}", "(".repeat(10_000), ")".repeat(10_000))), "open parentheses");
    check(&rule(&format!("{}evt.type=open{}", "not (".repeat(3_000), ")".repeat(3_000))), "nested deeper");
    let doubling: String =
        (1..40).map(|level| format!("- macro: m{level}\n  condition: m{0} and m{0}\n", level - 1)).collect();
    check(
        &format!("- macro: m0\n  condition: evt.type=open\n{doubling}{}", rule("m39")),
        "parts once macros",
    );
    let growing: String = (1..30)
        .map(|level| format!("- list: l{level}\n  items: [{}]\n", format!("l{},", level + 1).repeat(9)))
        .collect();
    check(&format!("{growing}{}", rule("proc.name in (l1)")), "lists are put in");
    let many = vec!["l1"; 3_000].join(", ");
    check(&format!("- list: l1\n  items: [{many}]\n- list: l2\n  items: [{many}]\n"), "items once lists");
    // Anchors share their nodes: this one would be 10^9 copies.
    let bomb: String = (1..10)
        .map(|level| {
            let items = vec![format!("*a{}", level - 1); 10].join(", ");
            format!("- &a{level} [{items}]\n")
        })
        .collect();
    let (_, report) = load(&format!("- &a0 [x]\n{bomb}"));
    assert_eq!(report.errors.len(), 10);
}

#[test]
fn many_rules_load() {
    let rules: String = (0..2_000)
        .map(|number| {
            rule(&format!("evt.type = openat and proc.name = p{number}"))
                .replace("rule: r", &format!("rule: r{number}"))
        })
        .collect();
    let (rules, report) = load(&rules);
    assert!(report.is_ok() && report.warnings.is_empty());
    assert_eq!(rules.rules().len(), 2_000);
}

#[test]
fn equal_parts_of_rules_are_shared() {
    let shared = "- macro: m\n  condition: evt.type=open and fd.name startswith /etc\n";
    let two = [rule("m and proc.name=a"), rule("m and proc.name=b").replace("rule: r", "rule: s")].concat();
    let (rules, _) = load(&format!("{shared}{two}"));
    // Four checks, the macro, and two rules.
    assert_eq!(rules.program().nodes.len(), 7);
    let (rules, _) = load(&rule("fd.name startswith /a or fd.name startswith /b or fd.name startswith /a/c"));
    let last = rules.program().node(rules.rules()[0].node);
    assert!(
        matches!(last, Some(crate::Node::Test(_, crate::Test::StartsWithAny(prefixes))) if prefixes.len() == 2)
    );
}

/// Names, paths of opens for reading, of opens for writing.
fn check_interest(condition: &str, expected: (&[&str], &[&str], &[&str])) {
    let (rules, report) = load(&rule(condition));
    assert!(report.is_ok(), "{}", report.render(false));
    let prefixes = |paths: &PathSet| match paths {
        PathSet::All => vec!["all".to_owned()],
        PathSet::Prefixes(all) => all.iter().map(|one| String::from_utf8_lossy(one).into_owned()).collect(),
    };
    let interest = rules.interest();
    let names: Vec<_> = interest.events.keys().map(String::as_str).collect();
    assert_eq!(names, expected.0, "{condition}");
    assert_eq!(prefixes(&interest.open.read), expected.1, "{condition}");
    assert_eq!(prefixes(&interest.open.write), expected.2, "{condition}");
}

#[test]
fn the_kernel_is_asked_for_what_the_name_of_the_event_allows() {
    check_interest("evt.type = creat and fd.name startswith /etc", (&["creat"], &[], &["/etc"]));
    check_interest("evt.type = creat", (&["creat"], &[], &["all"]));
    let condition =
        "(evt.type = creat and fd.name startswith /a) or (evt.type = open and fd.name startswith /b)";
    check_interest(condition, (&["creat", "open"], &["/b"], &["/a", "/b"]));
    let condition = "evt.type in (creat, openat) and fd.name startswith /a";
    check_interest(condition, (&["creat", "openat"], &["/a"], &["/a"]));
    let opens = &["creat", "open", "open_by_handle_at", "openat", "openat2"];
    check_interest("evt.is_open_write = true and fd.name startswith /etc", (opens, &[], &["/etc"]));
    check_interest(
        "evt.type in (execve, openat) and evt.is_open_read = true",
        (&["openat"], &["all"], &["all"]),
    );
    let condition = "evt.type in (creat, openat, connect) and evt.arg.flags contains O_CREAT";
    check_interest(condition, (&["openat"], &[], &["all"]));
    check_interest(
        "evt.type in (creat, connect) and not evt.arg.flags contains x",
        (&["connect", "creat"], &[], &["all"]),
    );
}

#[test]
fn mistakes_of_form_do_not_hide_mistakes_of_meaning() {
    let (_, report) = load(
        "- macro: broken\n- list: names\n  items: {a: b}\n\
         - rule: one\n  desc: d\n  condition: broken and proc.name in (names)\n  output: o\n  priority: LOUD\n\
         - rule: two\n  desc: d\n  condition: broken and proc.name in (names)\n  output: o\n  priority: INFO\n\
         - rule: three\n  desc: d\n  condition: proc.nam = x\n  output: o\n  priority: INFO\n",
    );
    assert_eq!(
        places(&report),
        [
            "1:3 LOAD_ERR_YAML_VALIDATE",
            "3:10 LOAD_ERR_YAML_VALIDATE",
            "8:13 LOAD_ERR_YAML_VALIDATE",
            "16:14 LOAD_ERR_COMPILE_CONDITION",
        ]
    );
}

#[test]
fn an_explained_rule_names_what_shaped_it() {
    let text = format!(
        "{}{}",
        rule("evt.type = openat").replace("INFO", "INFO\n  exceptions:\n  - {name: known, fields: proc.name, values: [a, b]}\n  - {name: empty, fields: proc.name}"),
        "- rule: r\n  condition: and fd.num > 1\n  tags: [x]\n  override: {condition: append, tags: replace}\n"
    );
    let (rules, report) = load(&text);
    assert!(report.is_ok(), "{}", report.render(false));
    let page = rules.explain("r").unwrap();
    for part in [
        "exception  known: not proc.name in (a, b)",
        "exception  empty: not (no values: has no effect)",
        "made by    defined, f.yaml:1",
        "           override condition: append, tags: replace, f.yaml:9",
        "! this defeats the kernel's filter: every open to read or write of every process",
    ] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    assert_eq!(rules.similar_name("R").unwrap(), "r");
}

/// A megabyte of condition compiles, or is refused, within a minute of a debug build.
#[test]
fn a_condition_of_a_megabyte_takes_no_time_to_speak_of() {
    let start = std::time::Instant::now();
    let names: Vec<String> = (0..90_000).map(|number| format!("name{number}")).collect();
    let (rules, report) = load(&rule(&format!("evt.type = openat and proc.name in ({})", names.join(", "))));
    assert!(report.is_ok() && rules.rules().len() == 1, "{}", report.render(false));
    let parts: Vec<String> = (0..36_000).map(|number| format!("proc.name startswith n{number}")).collect();
    let (rules, report) = load(&rule(&format!("evt.type = openat and ({})", parts.join(" or "))));
    assert!(report.is_ok() && rules.rules().len() == 1, "{}", report.render(false));
    let (_, report) = load(&rule(&format!("proc.name in ({})", "x, ".repeat(2_000_000))));
    assert!(report.errors.iter().any(|error| error.message.contains("bytes")), "{}", report.render(false));
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
