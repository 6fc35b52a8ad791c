//! Random conditions on random events: what the engine says is what a plain walk over the tree
//! says, and the kernel is asked for every event that a rule matches.

use event::{Interest, PathSet, Scope, Value};
use proptest::prelude::*;
use rule_syntax::{Expr, ExprKind, Style, parse, print};
use telemetry::Registry;

use super::source::{Table, rule, rules, text};
use crate::{Config, Engine, RuleMatching};

const CHECKS: [&str; 53] = [
    "container.id != host",
    "container.id = host",
    "container.id = abc",
    "container.id in (host, abc)",
    "container.id exists",
    "container.id startswith h",
    "container.image.repository = nginx",
    "container.image.repository != nginx",
    "evt.type = open",
    "evt.type != open",
    "evt.type in (openat, creat)",
    "evt.type in (execve, connect)",
    "evt.type exists",
    "evt.type startswith open",
    "evt.num = 0",
    "evt.num > 0",
    "evt.is_open_read = true",
    "evt.is_open_write = true",
    "evt.is_open_write != true",
    "evt.is_open_read = false",
    "fd.num >= 0",
    "fd.num < 0",
    "fd.num = -1",
    "fd.num in (-1, 3)",
    "fd.num != 3",
    "evt.rawres >= 0",
    "evt.rawres < 0",
    "evt.res = SUCCESS",
    "evt.res != SUCCESS",
    "evt.res startswith E",
    "evt.failed = true",
    "evt.failed = false",
    "evt.arg.flags contains O_CREAT",
    "fd.name startswith /etc",
    "fd.name = /etc/passwd",
    "fd.name in (/etc/shadow, /tmp/x)",
    "fd.name glob /et*/shadow",
    "fd.name glob *passwd",
    "fd.name pmatch (/etc, /var/*/a)",
    "fd.name startswith anyof (/tmp, /var)",
    "fd.name endswith x",
    "fd.directory = /etc",
    "fd.directory in (/tmp, /)",
    "proc.name = sh",
    "fd.name contains etc",
    "fd.name contains pass",
    "fd.name contains tmp",
    "fd.name icontains ETC",
    "fd.name icontains SHA",
    "fd.name endswith passwd",
    "fd.directory != /etc",
    "fd.directory = val(fd.name)",
    "len(fd.name) > 5",
];

fn condition() -> impl Strategy<Value = String> {
    let leaf = (0..CHECKS.len()).prop_map(|index| CHECKS[index].to_owned());
    leaf.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4)
                .prop_map(|parts| format!("({})", parts.join(" and "))),
            proptest::collection::vec(inner.clone(), 2..4)
                .prop_map(|parts| format!("({})", parts.join(" or "))),
            inner.prop_map(|part| format!("not ({part})")),
        ]
    })
}

/// An event that could happen, with what the kernel would see of it.
#[derive(Debug, Clone)]
struct Happening {
    table: Table,
    name: &'static str,
    is_in_container: bool,
    path: &'static str,
    is_failed: bool,
    /// Opened for writing, or created.
    is_write: bool,
}

fn happening() -> impl Strategy<Value = Happening> {
    let names = prop::sample::select(vec!["open", "openat", "creat", "execve", "connect"]);
    let containers = prop::sample::select(vec![None, Some("host"), Some("abc"), Some("def")]);
    let paths = prop::sample::select(vec![
        "/etc/passwd",
        "/etc/shadow",
        "/etcetera/shadow",
        "/tmp/x",
        "/var/lib/a",
        "/var/lib/a/b",
        "/x",
        "/etc/a/b",
    ]);
    (names, containers, paths, any::<bool>(), 0..4u8, any::<bool>()).prop_map(
        |(name, container, path, is_failed, mode, is_shell)| {
            let mut table = Table::new(name).with("proc.name", text(if is_shell { "sh" } else { "cat" }));
            if let Some(id) = container {
                table = table.with("container.id", text(id));
                let image = match id {
                    "host" => "",
                    "abc" => "nginx",
                    _ => "redis",
                };
                table = table.with("container.image.repository", text(image));
            }
            // What follows from the name: creat has no flags and only writes, others do not open.
            let (reads, writes, flags) = match (name, mode) {
                ("execve" | "connect", _) => (false, false, None),
                ("creat", _) => (false, true, None),
                (_, 0) => (true, false, Some("O_RDONLY")),
                (_, 1) => (false, true, Some("O_WRONLY")),
                (_, 2) => (true, true, Some("O_RDWR")),
                _ => (true, false, Some("O_CREAT|O_RDONLY")),
            };
            let result = if is_failed { -2 } else { 3 };
            table = table
                .with("evt.rawres", Value::Int(result))
                .with("evt.res", text(if is_failed { "ENOENT" } else { "SUCCESS" }))
                .with("evt.failed", Value::Bool(is_failed))
                .with("fd.num", Value::Int(if is_failed { -1 } else { 3 }))
                .with("fd.name", text(path))
                .with(
                    "fd.directory",
                    text(
                        path.rsplit_once('/')
                            .map(|(before, _)| before)
                            .filter(|before| !before.is_empty())
                            .unwrap_or("/"),
                    ),
                )
                .with("evt.is_open_read", Value::Bool(reads))
                .with("evt.is_open_write", Value::Bool(writes));
            if let Some(flags) = flags {
                table = table.with("evt.arg[flags]", text(flags));
            }
            Happening {
                table,
                name,
                is_in_container: container.is_some_and(|id| id != "host"),
                path,
                is_failed,
                is_write: mode > 0 || name == "creat",
            }
        },
    )
}

/// What the probes would do with the event.
fn is_shipped(interest: &Interest, happening: &Happening) -> bool {
    let is_wanted = match interest.events.get(happening.name) {
        None => false,
        Some(Scope::Everyone) => true,
        Some(Scope::Containers) => happening.is_in_container,
    };
    if !is_wanted || !["open", "openat", "openat2", "creat"].contains(&happening.name) {
        return is_wanted;
    }
    if happening.is_failed {
        return interest.open.failed;
    }
    match if happening.is_write { &interest.open.write } else { &interest.open.read } {
        PathSet::All => true,
        PathSet::Prefixes(prefixes) => {
            prefixes.iter().any(|prefix| happening.path.as_bytes().starts_with(prefix))
        }
    }
}

fn fires(condition: &str, table: &Table) -> bool {
    let mut engine =
        Engine::new(rules(&rule("r", condition)), Config::default(), &Registry::default()).unwrap();
    let mut fired = false;
    engine.evaluate(table, &mut |_| fired = true);
    fired
}

/// The plain meaning of the tree: each check alone, without sharing, order or merging.
fn holds(expr: &Expr, table: &Table) -> bool {
    match &expr.kind {
        ExprKind::And(children) => children.iter().all(|child| holds(child, table)),
        ExprKind::Or(children) => children.iter().any(|child| holds(child, table)),
        ExprKind::Not(child) => !holds(child, table),
        _ => fires(&print(expr, Style::Exact), table),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_program_means_what_the_tree_means(condition in condition(), happening in happening()) {
        let (expr, _) = parse(&condition);
        prop_assert_eq!(fires(&condition, &happening.table), holds(&expr, &happening.table));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Sharing between rules, jumps over known tests and merged sets change nothing.
    #[test]
    fn rules_together_mean_what_each_means_alone(
        shared in condition(),
        conditions in proptest::collection::vec((condition(), 0..4u8), 1..8),
        happenings in proptest::collection::vec(happening(), 4),
    ) {
        let conditions: Vec<String> = conditions
            .into_iter()
            .map(|(condition, form)| match form {
                0 => condition,
                1 => format!("shared and ({condition})"),
                2 => format!("({condition}) or not shared"),
                _ => format!("({condition}) and not shared"),
            })
            .collect();
        let condition = shared.replace('\'', "\'\'");
        let head = format!("- macro: shared\n  condition: '{condition}'\n");
        let one = |index: usize, condition: &str| rule(&index.to_string(), condition);
        let all: String =
            conditions.iter().enumerate().map(|(index, condition)| one(index, condition)).collect();
        let fired = |yaml: &str, rule_matching: RuleMatching, table: &Table| -> Vec<String> {
            let config = Config { rule_matching, ..Config::default() };
            let mut engine = Engine::new(rules(yaml), config, &Registry::default()).unwrap();
            let mut names = Vec::new();
            engine.evaluate(table, &mut |alert| names.push(alert.rule));
            names
        };
        for happening in &happenings {
            let table = &happening.table;
            let alone: Vec<String> = conditions
                .iter()
                .enumerate()
                .flat_map(|(index, condition)| {
                    fired(&format!("{head}{}", one(index, condition)), RuleMatching::All, table)
                })
                .collect();
            let together = format!("{head}{all}");
            prop_assert_eq!(&fired(&together, RuleMatching::All, table), &alone);
            let first: Vec<String> = alone.first().cloned().into_iter().collect();
            prop_assert_eq!(fired(&together, RuleMatching::First, table), first);
            // The tree, without a plan.
            let set = rules(&together);
            let (expr_rules, mut walked) = (set.rules(), Vec::new());
            let mut cache = crate::evaluate::Cache::default();
            cache.reset(set.program());
            let words = crate::words::Words::new(set.program());
            for rule in expr_rules {
                if cache.begin(set.program(), &words, table).holds(rule.node) {
                    walked.push(rule.name.clone());
                }
            }
            prop_assert_eq!(walked, alone);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_event_that_matches_is_shipped(
        condition in condition(),
        happenings in proptest::collection::vec(happening(), 12),
    ) {
        let rules = rules(&rule("r", &condition));
        let interest = rules.interest();
        let mut engine = Engine::new(rules, Config::default(), &Registry::default()).unwrap();
        for happening in happenings {
            let mut fired = false;
            engine.evaluate(&happening.table, &mut |_| fired = true);
            prop_assert!(!fired || is_shipped(&interest, &happening), "{condition}\n{happening:?}\n{interest:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2, ..ProptestConfig::default() })]

    /// What is learned of events changes the order of tests and no result.
    #[test]
    fn learning_changes_no_result(
        conditions in proptest::collection::vec(condition(), 6),
        happenings in proptest::collection::vec(happening(), 24),
    ) {
        let yaml: String = conditions
            .iter()
            .enumerate()
            .map(|(index, condition)| rule(&index.to_string(), condition))
            .collect();
        let config = || Config { rule_matching: RuleMatching::All, ..Config::default() };
        let mut engine = Engine::new(rules(&yaml), config(), &Registry::default()).unwrap();
        let expected: Vec<Vec<usize>> = happenings
            .iter()
            .map(|happening| {
                let mut fresh = Engine::new(rules(&yaml), config(), &Registry::default()).unwrap();
                let mut fired = Vec::new();
                fresh.matching(&happening.table, &mut |index| fired.push(index));
                fired
            })
            .collect();
        // Long enough for each event code to be learned.
        for _ in 0..600 {
            for (happening, expected) in happenings.iter().zip(&expected) {
                let mut fired = Vec::new();
                engine.matching(&happening.table, &mut |index| fired.push(index));
                prop_assert_eq!(&fired, expected);
            }
        }
    }
}
