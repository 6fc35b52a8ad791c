//! One rule at one instant.

use std::collections::{BTreeMap, BTreeSet};

use logql_engine::{AlertTemplate, Cancel, Data, Engine, InstantParams, Sample};

use crate::{
    alert::{Alert, AlertState},
    group::{Rule, RuleGroup},
    limits,
};

/// A set of labels, sorted.
pub(crate) type LabelMap = BTreeMap<String, String>;

/// Runs the query of a rule. Blocks.
pub(crate) fn query(
    engine: &Engine,
    tenant: &str,
    group: &RuleGroup,
    rule: &Rule,
    now_ns: i64,
) -> Result<Vec<Sample>, String> {
    let params = InstantParams {
        tenant: tenant.to_owned(),
        query: rule.expr.clone(),
        time_ns: now_ns.saturating_sub(group.offset_ns()),
        cancel: Cancel::default(),
    };
    let samples = match engine.query(&params).map_err(|error| error.to_string())?.data {
        Data::Vector(samples) => samples,
        Data::Scalar { time_ns, value } => {
            let labels = log_record::Labels::new(Vec::<(String, String)>::new());
            vec![Sample { labels, time_ns, value }]
        }
        Data::Lines(_) | Data::Matrix(_) => return Err("rule result is not a vector or scalar".to_owned()),
    };
    let limit = if group.limit > 0 { group.limit } else { limits::ALERTS_MAX };
    if samples.len() > limit {
        return Err(format!("exceeded limit of {limit} with {} series", samples.len()));
    }
    Ok(samples)
}

/// Moves the alerts of a rule on.
pub(crate) fn alerts(
    group: &RuleGroup,
    rule: &Rule,
    external: &LabelMap,
    samples: &[Sample],
    alerts: &mut BTreeMap<LabelMap, Alert>,
    now_ns: i64,
) -> Result<(), String> {
    let mut seen: BTreeSet<LabelMap> = BTreeSet::new();
    let mut found = Vec::with_capacity(samples.len());
    for sample in samples {
        let render = |texts: &LabelMap| -> LabelMap {
            texts.iter().map(|(name, text)| (name.clone(), rendered(text, sample, external))).collect()
        };
        let mut labels: LabelMap = sample
            .labels
            .iter()
            .filter(|(name, _)| *name != "__name__")
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        labels.extend(group.labels.clone());
        labels.extend(render(&rule.labels));
        labels.insert("alertname".to_owned(), rule.alert.clone());
        labels.retain(|_, value| !value.is_empty());
        if !seen.insert(labels.clone()) {
            return Err(
                "vector contains metrics with the same labelset after applying alert labels".to_owned()
            );
        }
        found.push((labels, render(&rule.annotations), sample.value));
    }
    for (labels, annotations, value) in found {
        alerts
            .entry(labels.clone())
            .or_insert_with(|| Alert::new(labels, annotations.clone(), value, now_ns))
            .holds(value, annotations, now_ns, rule.hold_ns());
    }
    alerts.retain(|labels, alert| seen.contains(labels) || alert.ends(now_ns, rule.keep_firing_ns()));
    Ok(())
}

/// A mistake in a template shows in its place, so that the alert still arrives (Prometheus).
fn rendered(text: &str, sample: &Sample, external: &LabelMap) -> String {
    let external = external.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    AlertTemplate::parse(text)
        .and_then(|template| template.render(sample.labels.iter(), external, sample.value))
        .unwrap_or_else(|error| format!("<error expanding template: {error}>"))
}

/// The furthest any alert of a rule is.
pub(crate) fn furthest<'a>(alerts: impl Iterator<Item = &'a Alert>) -> AlertState {
    alerts.map(|alert| alert.state).max().unwrap_or(AlertState::Inactive)
}
