//! Which rules fire, and what their alerts say.

use alert::Alert;
use event::Value;
use telemetry::Registry;

use super::source::{Table, rule, rules, text};
use crate::{Config, ConfigError, Engine, RuleMatching};

fn alerts(yaml: &str, config: Config, event: &Table) -> Vec<Alert> {
    let mut engine = Engine::new(rules(yaml), config, &Registry::default()).unwrap();
    let mut alerts = Vec::new();
    engine.evaluate(event, &mut |alert| alerts.push(alert));
    alerts
}

fn bare() -> Config {
    Config { extra_fields: Vec::new(), hostname: "golden".to_owned(), ..Config::default() }
}

#[test]
fn the_first_rule_or_all_rules_fire() {
    let yaml = [
        rule("off", "evt.type = openat").replace("INFO", "INFO\n  enabled: false"),
        rule("other event", "evt.type = execve"),
        rule("one", "evt.type = openat").replace("INFO", "DEBUG"),
        rule("two", "evt.type = openat"),
    ]
    .concat();
    let check = |config: Config, expected: &[&str]| {
        let fired: Vec<String> =
            alerts(&yaml, config, &Table::new("openat")).into_iter().map(|alert| alert.rule).collect();
        assert_eq!(fired, expected);
    };
    check(bare(), &["one"]);
    check(Config { rule_matching: RuleMatching::All, ..bare() }, &["one", "two"]);
    check(Config { minimum_priority: alert::Priority::Informational, ..bare() }, &["two"]);
}

#[test]
fn an_alert_has_falcos_shape() {
    let yaml = rule("r", "evt.type = openat").replace(
        "'o'",
        "'%proc.name|%6proc.name|%2proc.name|%toupper(proc.name)|%fd.num|%fd.sip|%proc.aname'\n  tags: [b, a, b]",
    );
    let event = Table::new("openat")
        .with("proc.name", text("cat"))
        .with("fd.num", Value::Int(3))
        .with("proc.aname", Value::AnyOf(vec![text("sh"), text("init")]));
    let config = Config {
        extra_output: "pid=%proc.pid".to_owned(),
        extra_fields: vec!["proc.pname".to_owned(), "proc.name".to_owned()],
        ..bare()
    };
    let alerts = alerts(&yaml, config, &event);
    let alert = &alerts[0];
    assert!(
        alert.output.ends_with(".123456789: Informational cat|cat   |ca|CAT|3|<NA>|sh init pid=<NA>"),
        "{}",
        alert.output
    );
    assert_eq!(
        serde_json::to_string(&alert.output_fields).unwrap(),
        r#"{"evt.time":1527593000123456789,"proc.name":"cat","fd.num":3,"fd.sip":null,"proc.aname":"sh init","proc.pid":null,"proc.pname":null}"#
    );
    assert_eq!((alert.tags.join(","), alert.hostname.as_str()), ("a,b".to_owned(), "golden"));
    assert!(alert.uuid.is_nil());
}

#[test]
fn swapping_rules_keeps_counters() {
    let registry = Registry::default();
    let mut engine = Engine::new(rules(&rule("r", "evt.type = openat")), bare(), &registry).unwrap();
    let mut count = 0;
    engine.evaluate(&Table::new("openat"), &mut |_| count += 1);
    engine.swap(rules(&rule("r", "evt.type = execve")));
    engine.evaluate(&Table::new("openat"), &mut |_| count += 1);
    engine.evaluate(&Table::new("execve"), &mut |_| count += 1);
    assert_eq!(count, 2);
    let text = registry.exposition();
    assert!(text.contains(r#"rules_matches_total{rule="r",priority="Informational"} 2"#), "{text}");
}

#[test]
fn bad_extra_settings_are_named() {
    let check = |config: Config, expected: &str| {
        let error = Engine::new(rules("[]"), config, &Registry::default()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    };
    check(Config { extra_output: "%no.such".to_owned(), ..bare() }, "no.such");
    check(Config { extra_fields: vec!["proc.nam".to_owned()], ..bare() }, "proc.name");
    assert!(matches!(
        Engine::new(
            rules("[]"),
            Config { extra_fields: vec!["a b".to_owned()], ..bare() },
            &Registry::default()
        ),
        Err(ConfigError::ExtraField { .. })
    ));
}
