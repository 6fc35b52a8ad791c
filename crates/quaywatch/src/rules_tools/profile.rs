//! `rules profile`: what each rule costs and how often it fires, on a capture or on this host.

use std::{collections::BTreeMap, fmt::Write as _, path::Path, sync::Arc};

use anyhow::{Context as _, Result};
use capture_file::CapturedEvent;
use event::FieldSource;
use rule_compiler::{Options, RuleFile, Selection};
use rule_engine::{Config, Engine, RuleCost, RuleMatching};
use serde_json::{Value, json};
use telemetry::Registry;

use crate::{
    link::HubClient,
    replay::{Next, Recording, Visit},
    rule_files,
};

/// On a capture one event in this many is timed: enough of them, and soon done.
const CAPTURE_EVERY_EVENTS: u32 = 16;

/// Replays a capture and measures its rules.
pub(crate) fn of_capture(capture: &Path, files: &[RuleFile], enable_all: bool) -> Result<Vec<RuleCost>> {
    struct Run(Engine);
    impl Visit for Run {
        fn event<S: FieldSource>(&mut self, _event: &CapturedEvent<'_>, source: &S) -> Result<Next> {
            self.0.evaluate(source, &mut |_| {});
            Ok(Next::Go)
        }
    }
    let mut options = Options::default();
    if enable_all {
        options.selection.push(Selection::enable_all());
    }
    let (rules, report) = rule_files::compile_all(files, &options);
    let rules = rules.with_context(|| report.render(false))?;
    let config = Config {
        rule_matching: RuleMatching::All,
        profile_every_events: CAPTURE_EVERY_EVENTS,
        extra_fields: Vec::new(),
        ..Config::default()
    };
    let mut run = Run(Engine::new(Arc::clone(&rules), config, &Registry::default())?);
    Recording::open(capture)?.run(&mut run)?;
    Ok(run.0.costs())
}

/// What the sensor of this host has measured since it started.
pub(crate) async fn of_sensor(hub_socket: &Path, every: u32) -> Result<Vec<RuleCost>> {
    let (_, status) =
        HubClient::new(hub_socket).sensor().await.context("the hub of this host does not say")?;
    Ok(from_counters(&status.counters, every))
}

/// The sensor reports every counter it has; the rule is a label.
fn from_counters(counters: &BTreeMap<String, i64>, every: u32) -> Vec<RuleCost> {
    let mut costs: BTreeMap<String, RuleCost> = BTreeMap::new();
    for (name, value) in counters {
        let Some((metric, rest)) = name.split_once("{rule=\"") else { continue };
        let Some(rule) = rest.split_once("\",").or_else(|| rest.split_once("\"}")).map(|(rule, _)| rule)
        else {
            continue;
        };
        let value = u64::try_from(*value).unwrap_or(0);
        let cost = costs.entry(rule.to_owned()).or_insert_with(|| RuleCost {
            rule: rule.to_owned(),
            events: 0,
            cost_ns: 0,
            samples: 0,
            matches: 0,
        });
        match metric {
            "rules_sampled_cost_ns_total" => cost.cost_ns = value.saturating_mul(u64::from(every)),
            "rules_sampled_events_total" => {
                cost.samples = value;
                cost.events = value.saturating_mul(u64::from(every));
            }
            "rules_matches_total" => cost.matches = value,
            _ => {}
        }
    }
    let mut costs: Vec<RuleCost> =
        costs.into_values().filter(|cost| cost.samples > 0 || cost.matches > 0).collect();
    costs.sort_by(|a, b| b.cost_ns.cmp(&a.cost_ns).then_with(|| a.rule.cmp(&b.rule)));
    costs
}

/// As text, dearest first.
pub(crate) fn text(costs: &[RuleCost]) -> String {
    let total: u64 = costs.iter().map(|cost| cost.cost_ns).sum();
    let mut out = format!(
        "{:>10} {:>6} {:>12} {:>10} {:>9}  rule\n",
        "CPU ms", "share", "events", "ns/event", "alerts"
    );
    for cost in costs {
        let _ = writeln!(
            out,
            "{:>10.3} {:>5.1}% {:>12} {:>10.1} {:>9}  {}",
            cost.cost_ns as f64 / 1e6,
            100.0 * cost.cost_ns as f64 / total.max(1) as f64,
            cost.events,
            cost.cost_ns as f64 / cost.events.max(1) as f64,
            cost.matches,
            cost.rule,
        );
    }
    out.push_str("Each rule by itself, estimated from a sample; what rules share is evaluated once.");
    out
}

/// For programs.
pub(crate) fn to_json(costs: &[RuleCost]) -> Value {
    costs
        .iter()
        .map(|cost| {
            json!({
                "rule": cost.rule,
                "cpu_ns": cost.cost_ns,
                "events": cost.events,
                "samples": cost.samples,
                "alerts": cost.matches,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sensors_counters_become_costs() {
        let counters = [
            ("rules_sampled_cost_ns_total{rule=\"a\"}", 200),
            ("rules_sampled_events_total{rule=\"a\"}", 2),
            ("rules_matches_total{rule=\"a\",priority=\"Notice\"}", 7),
            ("rules_matches_total{rule=\"b\",priority=\"Notice\"}", 0),
            ("rules_events_total", 5),
        ];
        let counters = counters.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
        let costs = from_counters(&counters, 10);
        assert_eq!(costs.len(), 1);
        assert_eq!((costs[0].cost_ns, costs[0].events, costs[0].matches), (2_000, 20, 7));
        assert!(text(&costs).contains("100.0%           20      100.0         7  a"), "{}", text(&costs));
    }
}
