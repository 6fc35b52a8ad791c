//! The engine: rules in force, counters, alerts.

use std::sync::Arc;

use alert::{Alert, Uuid};
use event::{FieldSource, field_id};
use jiff::tz::TimeZone;
use rule_compiler::{ExtraValue, FieldRef, Format, Operand, Part, Rule, RuleSet};
use telemetry::{Counter, Registry};

use crate::{
    config::{Config, ConfigError, RuleMatching},
    evaluate::Cache,
    render,
};

/// Evaluates rules on events. One per thread.
#[derive(Debug)]
pub struct Engine {
    rules: Arc<RuleSet>,
    config: Config,
    registry: Registry,
    extra_output: Option<Format>,
    extra_fields: Vec<FieldRef>,
    zone: TimeZone,
    cache: Cache,
    /// `rules_matches_total`, per rule.
    matches: Vec<Counter>,
    /// `rules_events_total`: events that some rule was evaluated on.
    evaluated: Counter,
}

impl Engine {
    /// An engine with these rules in force. Reads the local time zone (`TZ`) once.
    ///
    /// # Errors
    /// [`ConfigError`] when an extra output or field is not one.
    pub fn new(rules: Arc<RuleSet>, config: Config, registry: &Registry) -> Result<Self, ConfigError> {
        let extra_output = match config.extra_output.as_str() {
            "" => None,
            text => Some(
                Format::parse(text)
                    .map_err(|reason| ConfigError::ExtraOutput { text: text.to_owned(), reason })?,
            ),
        };
        let extra_fields =
            config.extra_fields.iter().map(|text| extra_field(text)).collect::<Result<_, ConfigError>>()?;
        let mut engine = Engine {
            rules: Arc::default(),
            config,
            registry: registry.clone(),
            extra_output,
            extra_fields,
            zone: TimeZone::system(),
            cache: Cache::default(),
            matches: Vec::new(),
            evaluated: registry.counter(
                "rules_events_total",
                "Events that at least one rule was evaluated on.",
                &[],
            ),
        };
        engine.swap(rules);
        Ok(engine)
    }

    /// Puts other rules in force from the next event on. Counters of rules of the same name go on.
    pub fn swap(&mut self, rules: Arc<RuleSet>) {
        self.matches = rules
            .rules()
            .iter()
            .map(|rule| {
                self.registry.counter(
                    "rules_matches_total",
                    "Events that matched a rule.",
                    &[("rule", &rule.name), ("priority", rule.priority.name())],
                )
            })
            .collect();
        self.cache.reset(rules.program());
        self.rules = rules;
    }

    /// The rules in force.
    pub fn rules(&self) -> &Arc<RuleSet> {
        &self.rules
    }

    /// Calls `on_match` with the index of every rule that matches, whatever the configuration says
    /// of matching and priority, and makes no alerts: how plain filters are counted.
    pub fn matching<S: FieldSource>(&mut self, source: &S, on_match: &mut dyn FnMut(usize)) {
        let candidates = self.rules.candidates(source.code());
        if candidates.is_empty() {
            return;
        }
        let mut evaluation = self.cache.begin(self.rules.program(), source);
        for index in candidates {
            let index = *index as usize;
            if self.rules.rules().get(index).is_some_and(|rule| evaluation.holds(rule.node)) {
                on_match(index);
            }
        }
    }

    /// Evaluates an event and calls `on_match` with the alert of each matching rule: of the first
    /// one, or of all, in order of definition. The alerts' UUIDs are nil; the caller names them.
    /// Allocates only when a rule matches.
    pub fn evaluate<S: FieldSource>(&mut self, source: &S, on_match: &mut dyn FnMut(Alert)) {
        let candidates = self.rules.candidates(source.code());
        if candidates.is_empty() {
            return;
        }
        self.evaluated.increment();
        let mut evaluation = self.cache.begin(self.rules.program(), source);
        for index in candidates {
            let index = *index as usize;
            let Some(rule) = self.rules.rules().get(index) else { continue };
            if rule.priority > self.config.minimum_priority || !evaluation.holds(rule.node) {
                continue;
            }
            if let Some(counter) = self.matches.get(index) {
                counter.increment();
            }
            on_match(alert(
                rule,
                source,
                &self.config,
                &self.zone,
                self.extra_output.as_ref(),
                &self.extra_fields,
            ));
            if self.config.rule_matching == RuleMatching::First {
                return;
            }
        }
    }
}

fn extra_field(text: &str) -> Result<FieldRef, ConfigError> {
    let fail = |reason: String| ConfigError::ExtraField { text: text.to_owned(), reason };
    let format = Format::parse(&format!("%{}", text.trim_start_matches('%'))).map_err(fail)?;
    match format.parts.as_slice() {
        [Part::Value { operand: Operand::Field(field), .. }] => Ok(field.clone()),
        _ => Err(fail("write one field name, such as proc.name".to_owned())),
    }
}

fn alert<S: FieldSource>(
    rule: &Rule,
    source: &S,
    config: &Config,
    zone: &TimeZone,
    extra_output: Option<&Format>,
    extra_fields: &[FieldRef],
) -> Alert {
    let timestamp = source.timestamp();
    let style = render::Style { base64: config.buffer_format_base64 };
    let mut output = String::with_capacity(256);
    render::time(timestamp, zone, config.time_format_iso_8601, &mut output);
    output.push_str(": ");
    output.push_str(rule.priority.name());
    output.push(' ');
    render::format(&rule.format, source, style, &mut output);
    if let Some(format) = extra_output {
        output.push(' ');
        render::format(format, source, style, &mut output);
    }

    let mut output_fields = serde_json::Map::new();
    output_fields.insert(field_id::EVT_TIME.name().to_owned(), timestamp.0.into());
    let printed = rule.format.fields();
    let extra = extra_output.map(Format::fields).unwrap_or_default();
    for field in printed.into_iter().chain(extra).chain(extra_fields) {
        if !output_fields.contains_key(&field.text) {
            output_fields.insert(field.text.clone(), render::json(field, source, style));
        }
    }
    for (name, value) in &rule.extra_fields {
        let value = match value {
            ExtraValue::Value(operand) => render::operand_json(operand, source, style),
            ExtraValue::Format(format) => {
                let mut text = String::new();
                render::format(format, source, style, &mut text);
                text.into()
            }
            ExtraValue::Text(text) => text.as_str().into(),
        };
        output_fields.insert(name.clone(), value);
    }
    Alert {
        uuid: Uuid::nil(),
        time_ns: i64::try_from(timestamp.0).unwrap_or(i64::MAX),
        rule: rule.name.clone(),
        priority: rule.priority,
        source: rule.source.clone(),
        hostname: config.hostname.clone(),
        output,
        output_fields,
        tags: rule.tags.clone(),
    }
}
