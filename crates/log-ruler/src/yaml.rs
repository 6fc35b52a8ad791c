//! Groups written as YAML, in the layout Loki answers with: four blanks per level.

use std::collections::BTreeMap;

use crate::group::{Rule, RuleGroup};

/// One group as a document of its own.
pub(crate) fn group(group: &RuleGroup) -> String {
    lines(group, "", "    ")
}

/// A file of groups.
pub(crate) fn file(groups: &[RuleGroup]) -> String {
    let mut out = String::from("groups:\n");
    for one in groups {
        out.push_str(&item(&group(one), "    "));
    }
    out
}

/// Namespaces with their groups, as `GET /loki/api/v1/rules` answers.
pub(crate) fn namespaces(all: &BTreeMap<String, Vec<RuleGroup>>) -> String {
    let mut out = String::new();
    for (namespace, groups) in all {
        out.push_str(&format!("{}:\n", scalar(namespace)));
        for one in groups {
            out.push_str(&item(&group(one), "    "));
        }
    }
    out
}

/// Lines as an element of a list.
fn item(text: &str, indent: &str) -> String {
    let mut out = String::new();
    for (index, line) in text.lines().enumerate() {
        out.push_str(indent);
        out.push_str(if index == 0 { "- " } else { "  " });
        out.push_str(line);
        out.push('\n');
    }
    out
}

fn lines(group: &RuleGroup, indent: &str, step: &str) -> String {
    let mut out = format!("{indent}name: {}\n", scalar(&group.name));
    for (name, text) in [("interval", &group.interval), ("query_offset", &group.query_offset)] {
        if !text.is_empty() {
            out.push_str(&format!("{indent}{name}: {}\n", scalar(text)));
        }
    }
    if group.limit > 0 {
        out.push_str(&format!("{indent}limit: {}\n", group.limit));
    }
    map("labels", &group.labels, indent, step, &mut out);
    out.push_str(&format!("{indent}rules:\n"));
    for one in &group.rules {
        out.push_str(&item(&rule(one, step), &format!("{indent}{step}")));
    }
    out
}

fn rule(rule: &Rule, step: &str) -> String {
    let mut out = String::new();
    let fields = [
        ("record", &rule.record),
        ("alert", &rule.alert),
        ("expr", &rule.expr),
        ("for", &rule.hold),
        ("keep_firing_for", &rule.keep_firing_for),
    ];
    for (name, text) in fields.into_iter().filter(|(_, text)| !text.is_empty()) {
        out.push_str(&format!("{name}: {}\n", scalar(text)));
    }
    map("labels", &rule.labels, "", step, &mut out);
    map("annotations", &rule.annotations, "", step, &mut out);
    out
}

fn map(name: &str, members: &BTreeMap<String, String>, indent: &str, step: &str, out: &mut String) {
    if members.is_empty() {
        return;
    }
    out.push_str(&format!("{indent}{name}:\n"));
    for (name, text) in members {
        out.push_str(&format!("{indent}{step}{}: {}\n", scalar(name), scalar(text)));
    }
}

/// Plain where it can be read back as the same text, else in double quotes as JSON.
fn scalar(text: &str) -> String {
    let starts = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let plain = starts
        && text.chars().all(|next| next.is_ascii_alphanumeric() || " _-./(){}=<>+*,\"~^".contains(next))
        && !text.ends_with(' ')
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n" | "inf" | "nan"
        );
    let duration = text.starts_with(|first: char| first.is_ascii_digit())
        && text.ends_with(|last: char| last.is_ascii_alphabetic())
        && text.chars().all(|next| next.is_ascii_alphanumeric())
        && logql_syntax::parse_duration(text).is_some();
    if plain || duration { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let yaml = "name: g\ninterval: 1m\nrules:\n- alert: High\n  expr: |-\n    sum(rate({a=\"b\"} |= \"x: y # z\" [1m])) > 5\n  \
                    for: 5m\n  labels: {severity: page, n: \"5\"}\n  annotations:\n    summary: \"{{ $labels.a }}: on\"\n- record: \
                    a:b\n  expr: sum(rate({a=\"b\"}[1m]))\n";
        let parsed = RuleGroup::parse(yaml).unwrap();
        assert_eq!(RuleGroup::parse(&group(&parsed)), Ok(parsed.clone()), "{}", group(&parsed));
        let shown = namespaces(&BTreeMap::from([("ns".to_owned(), vec![parsed])]));
        assert!(
            shown.starts_with(
                "ns:\n    - name: g\n      interval: 1m\n      rules:\n          - alert: High\n"
            ),
            "{shown}"
        );
    }
}
