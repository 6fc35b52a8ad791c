//! The engine: rules in force, counters, alerts.

use std::sync::Arc;

use alert::{Alert, Priority, Uuid};
use event::{EventCode, FieldSource, field_id};
use jiff::tz::TimeZone;
use rule_compiler::{ExtraValue, FieldRef, Format, Operand, Part, Rule, RuleSet};
use telemetry::{Counter, Registry};

use crate::{
    chances::{Chances, LEARN_AGAIN_AFTER, LOOK_EVERY, Learning},
    config::{Config, ConfigError, RuleMatching},
    evaluate::{Cache, Evaluation},
    plan::{END, Plan},
    profile::{Profile, RuleCost},
    render,
    words::Words,
};

/// Rules per event code above which they are walked one by one: a plan per code would take too
/// much memory.
const PLANNED_RULES_MAX: usize = 5_000;

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
    words: Words,
    profile: Profile,
    /// Per event code, made when the first event of it comes.
    plans: Vec<Option<Planned>>,
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
            words: Words::default(),
            profile: Profile::default(),
            plans: Vec::new(),
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
        self.words = Words::new(rules.program());
        self.plans = event::EVENTS.iter().map(|_| None).collect();
        self.profile = Profile::new(self.config.profile_every_events, &rules, &self.registry);
        self.rules = rules;
    }

    /// The rules in force.
    pub fn rules(&self) -> &Arc<RuleSet> {
        &self.rules
    }

    /// What each rule costs, by the sample; empty where none is taken.
    pub fn costs(&self) -> Vec<RuleCost> {
        self.profile.costs(&self.rules, &self.matches)
    }

    /// Calls `on_match` with the index of every rule that matches, whatever the configuration says
    /// of matching, and makes no alerts: how plain filters are counted.
    pub fn matching<S: FieldSource>(&mut self, source: &S, on_match: &mut dyn FnMut(usize)) {
        let Engine { rules, cache, words, plans, config, evaluated, .. } = self;
        let search = Search { rules, words, minimum_priority: config.minimum_priority, evaluated };
        search.run(cache, plans, source, &mut |index| {
            on_match(index);
            true
        });
    }

    /// Evaluates an event and calls `on_match` with the alert of each matching rule: of the first
    /// one, or of all, in order of definition. The alerts' UUIDs are nil; the caller names them.
    /// Allocates only when a rule matches.
    pub fn evaluate<S: FieldSource>(&mut self, source: &S, on_match: &mut dyn FnMut(Alert)) {
        let Engine { rules, cache, words, plans, config, evaluated, profile, .. } = self;
        if profile.is_due() {
            profile.sample(rules, words, source);
        }
        let search = Search { rules, words, minimum_priority: config.minimum_priority, evaluated };
        let goes_on = config.rule_matching == RuleMatching::All;
        let (zone, extra_output, extra_fields) = (&self.zone, self.extra_output.as_ref(), &self.extra_fields);
        let matches = &self.matches;
        search.run(cache, plans, source, &mut |index| {
            let Some(rule) = rules.rules().get(index) else { return true };
            if let Some(counter) = matches.get(index) {
                counter.increment();
            }
            on_match(alert(rule, source, config, zone, extra_output, extra_fields));
            goes_on
        });
    }
}

/// The plan of an event code, and what is learned to better it.
#[derive(Debug)]
struct Planned {
    plan: Plan,
    /// Events until something is to be learned.
    countdown: u32,
    learning: Option<Box<Learning>>,
}

/// What a search for matching rules looks at.
struct Search<'e> {
    rules: &'e RuleSet,
    words: &'e Words,
    minimum_priority: Priority,
    evaluated: &'e Counter,
}

impl Search<'_> {
    /// Calls `on_match` with each rule that matches, in order, until it says to stop.
    fn run<S: FieldSource>(
        &self,
        cache: &mut Cache,
        plans: &mut [Option<Planned>],
        source: &S,
        on_match: &mut dyn FnMut(usize) -> bool,
    ) {
        let code = source.code();
        let candidates = self.rules.candidates(code);
        if candidates.is_empty() {
            return;
        }
        if candidates.len() > PLANNED_RULES_MAX {
            return self.walk(cache, candidates, source, on_match);
        }
        let Some(slot) = plans.get_mut(usize::from(code.0)) else { return };
        let planned = slot.get_or_insert_with(|| Planned {
            plan: self.plan(code, &Chances::default()),
            countdown: LOOK_EVERY,
            learning: None,
        });
        let Some(mut at) = planned.plan.starts.first().copied().filter(|start| *start != END) else { return };
        self.evaluated.increment();
        let mut evaluation = cache.begin(self.rules.program(), self.words, source);
        while let Some(position) = evaluation.next_match(&planned.plan, at) {
            let index = planned.plan.rules.get(position).copied().unwrap_or(u32::MAX);
            if !on_match(index as usize) {
                break;
            }
            at = planned.plan.starts.get(position + 1).copied().unwrap_or(END);
        }
        planned.countdown -= 1;
        if planned.countdown == 0 {
            self.learn(planned, code, &mut evaluation);
        }
    }

    fn plan(&self, code: EventCode, chances: &Chances) -> Plan {
        let rules = self.rules.rules();
        let is_wanted = |index: &u32| {
            rules.get(*index as usize).is_some_and(|rule| rule.priority <= self.minimum_priority)
        };
        let wanted: Vec<u32> = self.rules.candidates(code).iter().copied().filter(is_wanted).collect();
        Plan::new(self.rules.program(), rules, &wanted, code, chances)
    }

    /// Looks at how often tests hold, and puts them in order once enough was seen.
    fn learn<S: FieldSource>(
        &self,
        planned: &mut Planned,
        code: EventCode,
        evaluation: &mut Evaluation<'_, '_, S>,
    ) {
        let program = self.rules.program();
        let learning = planned.learning.get_or_insert_with(|| Box::new(Learning::new(program)));
        match learning.look(&planned.plan, program, evaluation) {
            None => planned.countdown = LOOK_EVERY,
            Some(chances) => {
                planned.plan = self.plan(code, &chances);
                planned.learning = None;
                planned.countdown = LEARN_AGAIN_AFTER;
            }
        }
    }

    /// Rule by rule, without a plan.
    fn walk<S: FieldSource>(
        &self,
        cache: &mut Cache,
        candidates: &[u32],
        source: &S,
        on_match: &mut dyn FnMut(usize) -> bool,
    ) {
        self.evaluated.increment();
        let mut evaluation = cache.begin(self.rules.program(), self.words, source);
        for index in candidates.iter().map(|index| *index as usize) {
            let Some(rule) = self.rules.rules().get(index) else { continue };
            let is_match = rule.priority <= self.minimum_priority && evaluation.holds(rule.node);
            if is_match && !on_match(index) {
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
