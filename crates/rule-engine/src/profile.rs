//! What each rule costs, measured on a sample of events: every so many events the candidate rules
//! are evaluated once more, each alone and with its values taken anew, and timed.
//!
//! The figure is what the rule would cost by itself; rules that share tests with others cost less
//! than their sum.

use std::time::Instant;

use event::FieldSource;
use rule_compiler::RuleSet;
use telemetry::{Counter, Registry};

use crate::{evaluate::Cache, words::Words};

/// Cost and hits of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCost {
    /// The rule's name.
    pub rule: String,
    /// Events that it was tried on, estimated from the sample.
    pub events: u64,
    /// CPU time in nanoseconds for those, estimated from the sample.
    pub cost_ns: u64,
    /// Events that it was timed on.
    pub samples: u64,
    /// Alerts.
    pub matches: u64,
}

/// Counters of the sample. The sensor reports them with all its counters.
#[derive(Debug, Default)]
pub(crate) struct Profile {
    /// One event in this many is sampled; 0 for none.
    every: u32,
    until_next: u32,
    /// Per rule: nanoseconds and samples.
    rules: Vec<(Counter, Counter)>,
    /// What reading the clock twice takes.
    clock_ns: u64,
    cache: Cache,
}

impl Profile {
    pub(crate) fn new(every: u32, rules: &RuleSet, registry: &Registry) -> Profile {
        let counters = |rule: &rule_compiler::Rule| {
            let labels = [("rule", rule.name.as_str())];
            (
                registry.counter(
                    "rules_sampled_cost_ns_total",
                    "CPU time of a rule on the sampled events, each rule alone.",
                    &labels,
                ),
                registry.counter("rules_sampled_events_total", "Events a rule was timed on.", &labels),
            )
        };
        let mut profile = Profile { every, until_next: every, ..Profile::default() };
        if every > 0 {
            profile.rules = rules.rules().iter().map(counters).collect();
            profile.cache.reset(rules.program());
            profile.clock_ns = (0..64).map(|_| elapsed_ns(Instant::now())).min().unwrap_or(0);
        }
        profile
    }

    /// Whether this event is one of the sample.
    #[inline]
    pub(crate) fn is_due(&mut self) -> bool {
        if self.every == 0 {
            return false;
        }
        self.until_next -= 1;
        if self.until_next > 0 {
            return false;
        }
        self.until_next = self.every;
        true
    }

    /// Times every active candidate on this event.
    pub(crate) fn sample<S: FieldSource>(&mut self, rules: &RuleSet, words: &Words, source: &S) {
        for index in rules.candidates(source.code()).iter().map(|index| *index as usize) {
            let (Some(rule), Some((cost, samples))) = (rules.rules().get(index), self.rules.get(index))
            else {
                continue;
            };
            let start = Instant::now();
            let holds = self.cache.begin(rules.program(), words, source).holds(rule.node);
            cost.add(elapsed_ns(start).saturating_sub(self.clock_ns));
            samples.increment();
            std::hint::black_box(holds);
        }
    }

    /// The figures of all rules that were tried, dearest first.
    pub(crate) fn costs(&self, rules: &RuleSet, matches: &[Counter]) -> Vec<RuleCost> {
        let every = u64::from(self.every);
        let mut costs: Vec<RuleCost> = rules
            .rules()
            .iter()
            .zip(&self.rules)
            .zip(matches)
            .map(|((rule, (cost, samples)), matches)| RuleCost {
                rule: rule.name.clone(),
                events: samples.value() * every,
                cost_ns: cost.value() * every,
                samples: samples.value(),
                matches: matches.value(),
            })
            .filter(|cost| cost.samples > 0 || cost.matches > 0)
            .collect();
        costs.sort_by(|a, b| b.cost_ns.cmp(&a.cost_ns).then_with(|| a.rule.cmp(&b.rule)));
        costs
    }
}

fn elapsed_ns(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
