//! Groups of rules: read from Prometheus' YAML, checked, and compiled.

use std::collections::BTreeMap;

use logql_engine::AlertTemplate;
use logql_syntax::Expr;

use crate::limits;

/// Why a group is not taken; the text goes to whoever sent it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The YAML is not a group.
    #[error("unable to decode rule group: {0}")]
    Yaml(String),
    /// The group makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// There is no such group or namespace.
    #[error("group does not exist")]
    Unknown,
    /// There are no groups at all.
    #[error("no rule groups found")]
    NoGroups,
    /// It comes from a file of the configuration.
    #[error("the group is kept in {0}, which the API does not change")]
    ReadOnly(String),
    /// It could not be kept.
    #[error("storing the rule group: {0}")]
    Io(String),
}

/// A group, evaluated in order at one instant.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleGroup {
    /// Its name, unique in the namespace.
    #[serde(default)]
    pub name: String,
    /// How often, as a duration; the configuration's interval without it.
    #[serde(default)]
    pub interval: String,
    /// How far in the past rules look, as a duration.
    #[serde(default, alias = "evaluation_delay")]
    pub query_offset: String,
    /// Most alerts or samples of one rule; 0 is no limit of its own.
    #[serde(default)]
    pub limit: usize,
    /// Labels for all its rules.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// The rules.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// One rule: `alert` or `record` is set.
#[derive(Debug, Clone, PartialEq, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    /// Name of the metric that is recorded.
    pub record: String,
    /// Name of the alert.
    pub alert: String,
    /// The query, LogQL that gives numbers.
    pub expr: String,
    /// How long it must hold before the alert fires, as a duration.
    #[serde(rename = "for")]
    pub hold: String,
    /// How long an alert goes on firing when it no longer holds, as a duration.
    pub keep_firing_for: String,
    /// Labels to add; templates for alerts.
    pub labels: BTreeMap<String, String>,
    /// Templates.
    pub annotations: BTreeMap<String, String>,
}

/// Which of the two kinds a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleKind {
    /// Becomes alerts.
    Alerting,
    /// Becomes samples.
    Recording,
}

impl Rule {
    /// Its kind.
    pub fn kind(&self) -> RuleKind {
        if self.record.is_empty() { RuleKind::Alerting } else { RuleKind::Recording }
    }

    /// The alert's or metric's name.
    pub fn name(&self) -> &str {
        if self.record.is_empty() { &self.alert } else { &self.record }
    }

    /// `for`, in nanoseconds.
    pub fn hold_ns(&self) -> i64 {
        duration(&self.hold)
    }

    pub(crate) fn keep_firing_ns(&self) -> i64 {
        duration(&self.keep_firing_for)
    }
}

impl RuleGroup {
    /// Reads and checks the YAML of one group.
    ///
    /// # Errors
    /// [`RuleError::Yaml`], [`RuleError::Invalid`].
    pub fn parse(yaml: &str) -> Result<Self, RuleError> {
        if yaml.len() > limits::YAML_BYTES_MAX {
            return Err(RuleError::Invalid(format!(
                "the rule group is longer than {} bytes",
                limits::YAML_BYTES_MAX
            )));
        }
        let group: RuleGroup =
            serde_saphyr::from_str(yaml).map_err(|error| RuleError::Yaml(error.to_string()))?;
        group.check()?;
        Ok(group)
    }

    /// The interval in nanoseconds, or the default.
    pub fn interval_ns(&self, default_ns: i64) -> i64 {
        let own = duration(&self.interval);
        (if own > 0 { own } else { default_ns }).max(limits::INTERVAL_NS_MIN)
    }

    pub(crate) fn offset_ns(&self) -> i64 {
        duration(&self.query_offset)
    }

    /// Whether it can be evaluated.
    pub(crate) fn check(&self) -> Result<(), RuleError> {
        let invalid = |text: String| Err(RuleError::Invalid(text));
        if self.name.is_empty() {
            return invalid("invalid rules config: rule group name must not be empty".to_owned());
        }
        if self.rules.is_empty() {
            return invalid(format!("invalid rules config: rule group '{}' has no rules", self.name));
        }
        if self.rules.len() > limits::RULES_MAX {
            return invalid(format!(
                "invalid rules config: rule group '{}' has {} rules, {} are allowed",
                self.name,
                self.rules.len(),
                limits::RULES_MAX
            ));
        }
        for (what, text) in [("interval", &self.interval), ("query_offset", &self.query_offset)] {
            if !text.is_empty() && logql_syntax::parse_duration(text).is_none_or(|length| length < 0) {
                return invalid(format!("invalid {what}: not a valid duration string: {text:?}"));
            }
        }
        for (index, rule) in self.rules.iter().enumerate() {
            rule.check().map_err(|reason| {
                let name = if rule.name().is_empty() { "?" } else { rule.name() };
                RuleError::Invalid(format!("group {:?}, rule {}, {name:?}: {reason}", self.name, index + 1))
            })?;
        }
        Ok(())
    }
}

impl Rule {
    fn check(&self) -> Result<(), String> {
        if !self.record.is_empty() && !self.alert.is_empty() {
            return Err("only one of 'record' and 'alert' must be set".to_owned());
        }
        if self.record.is_empty() && self.alert.is_empty() {
            return Err("one of 'record' or 'alert' must be set".to_owned());
        }
        if self.expr.is_empty() {
            return Err("field 'expr' must be set in rule".to_owned());
        }
        match logql_syntax::parse(&self.expr) {
            Ok(Expr::Sample(_)) => {}
            Ok(Expr::Log(_)) => return Err("could not parse expression: not a metric query".to_owned()),
            Err(error) => return Err(format!("could not parse expression: {error}")),
        }
        for text in [&self.hold, &self.keep_firing_for] {
            if !text.is_empty() && logql_syntax::parse_duration(text).is_none_or(|length| length < 0) {
                return Err(format!("not a valid duration string: {text:?}"));
            }
        }
        if self.kind() == RuleKind::Recording {
            if !self.annotations.is_empty() {
                return Err("invalid field 'annotations' in recording rule".to_owned());
            }
            if !self.hold.is_empty() || !self.keep_firing_for.is_empty() {
                return Err("invalid field 'for' in recording rule".to_owned());
            }
            if !is_name(&self.record, true) {
                return Err(format!("invalid recording rule name: {}", self.record));
            }
        }
        for name in self.labels.keys() {
            if !is_name(name, false) || name == "__name__" {
                return Err(format!("invalid label name: {name}"));
            }
        }
        let texts = self.labels.iter().chain(&self.annotations);
        for (name, text) in texts.filter(|_| self.kind() == RuleKind::Alerting) {
            AlertTemplate::parse(text).map_err(|reason| format!("{name}: {reason}"))?;
        }
        Ok(())
    }
}

fn duration(text: &str) -> i64 {
    logql_syntax::parse_duration(text).unwrap_or(0)
}

fn is_name(text: &str, metric: bool) -> bool {
    let allowed = |next: char, first: bool| {
        next == '_'
            || next.is_ascii_alphabetic()
            || (metric && next == ':')
            || (!first && next.is_ascii_digit())
    };
    !text.is_empty() && text.chars().enumerate().all(|(index, next)| allowed(next, index == 0))
}
