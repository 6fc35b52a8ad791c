//! Settings of the engine, and what can be wrong with them.

use std::collections::BTreeMap;

use alert::Priority;
use rule_compiler::Options;

/// How alerts are made.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `first`: the first rule that matches an event ends the search (Falco's default). `all`:
    /// every rule that matches gives an alert.
    pub rule_matching: RuleMatching,
    /// Rules less severe than this are not evaluated.
    #[serde(deserialize_with = "priority")]
    pub minimum_priority: Priority,
    /// Host name in alerts.
    pub hostname: String,
    /// Appended to the text of each alert, with a blank before it; `%field` tokens as in rules.
    pub extra_output: String,
    /// Fields added to `output_fields` of each alert, unless they are there already.
    pub extra_fields: Vec<String>,
    /// Texts and fields added to the alerts of some rules or all (Falco's `append_output`).
    pub append_output: Vec<rule_compiler::AppendOutput>,
    /// Added to each alert's `output_fields` as `static.NAME`.
    pub static_fields: BTreeMap<String, String>,
    /// Switches rules on and off by name or tag, in order; the last entry that fits a rule counts.
    pub rules: Vec<rule_compiler::Selection>,
    /// Date, time and offset before the text instead of local time of day.
    pub time_format_iso_8601: bool,
    /// One event in this many is used to measure what each rule costs; 0 for none.
    pub profile_every_events: u32,
    /// Prints bytes (`evt.buffer`) as base64 instead of text with dots.
    pub buffer_format_base64: bool,
}

impl Config {
    /// How rules are compiled under this configuration.
    pub fn compile_options(&self) -> Options {
        Options {
            append_output: self.append_output.clone(),
            static_fields: self.static_fields.clone(),
            selection: self.rules.clone(),
            ..Options::default()
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        // Who did it and where, and the way up from there: what an alert is looked at with.
        let extra_fields = [
            "container.id",
            "container.name",
            "container.image.repository",
            "container.image.tag",
            "evt.type",
            "proc.name",
            "proc.pid",
            "proc.exepath",
            "proc.cmdline",
            "proc.cwd",
            "proc.tty",
            "proc.pname",
            "proc.pcmdline",
            "proc.aname[2]",
            "proc.aname[3]",
            "proc.aname[4]",
            "user.name",
            "user.uid",
        ];
        Config {
            rule_matching: RuleMatching::First,
            minimum_priority: Priority::Debug,
            hostname: String::new(),
            extra_output: String::new(),
            extra_fields: extra_fields.map(str::to_owned).to_vec(),
            append_output: Vec::new(),
            static_fields: BTreeMap::new(),
            rules: Vec::new(),
            time_format_iso_8601: false,
            profile_every_events: PROFILE_EVERY_EVENTS,
            buffer_format_base64: false,
        }
    }
}

/// A sampled event costs some microseconds: about a nanosecond per event.
const PROFILE_EVERY_EVENTS: u32 = 8192;

/// Whether one or all matching rules give an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleMatching {
    /// The first in order of definition.
    First,
    /// All of them.
    All,
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The extra output is no output format.
    #[error("extra_output {text:?} cannot be used: {reason}")]
    ExtraOutput {
        /// The setting.
        text: String,
        /// What is wrong.
        reason: String,
    },
    /// An extra field is no field.
    #[error("extra_fields entry {text:?} is not a field: {reason}")]
    ExtraField {
        /// The entry.
        text: String,
        /// What is wrong.
        reason: String,
    },
}

fn priority<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Priority, D::Error> {
    let text: String = serde::Deserialize::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}
