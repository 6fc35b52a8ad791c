//! Falco's configuration keys, as `-O key=value` gives them, put into our own settings.
//!
//! A key is a dotted path; `[n]` is an entry of a sequence and `[]` a new one. A value is a text,
//! or a JSON object or array. Keys that shape neither rules nor alerts are accepted and ignored.

use std::collections::BTreeMap;

use alert::Priority;
use rule_compiler::{AppendOutput, Options, Selection};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{Config, LineShape, RuleMatching};

/// Longest sequence that a path may ask for; a configuration has a handful of entries.
const ENTRIES_MAX: usize = 1_000;

/// A configuration as Falco reads it.
#[derive(Debug, Clone)]
pub struct FalcoConfig {
    tree: Map<String, Value>,
}

/// An option that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    /// No `=`, or a path that is none.
    #[error(
        "the option {0:?} is not of the form key=value, such as rule_matching=all or append_output[0].extra_output=x"
    )]
    Syntax(String),
    /// No such key.
    #[error("{key:?} is no configuration key{hint}")]
    UnknownKey {
        /// Its first part.
        key: String,
        /// A similar one.
        hint: String,
    },
    /// The value does not fit.
    #[error("the option {key} cannot be used: {reason}")]
    Value {
        /// Its first part.
        key: String,
        /// What is wrong.
        reason: String,
    },
}

/// Keys that change what rules load and what alerts say.
const USED: [&str; 13] = [
    "append_output",
    "buffer_format_base64",
    "json_include_message_property",
    "json_include_output_fields_property",
    "json_include_output_property",
    "json_include_tags_property",
    "json_output",
    "load_plugins",
    "priority",
    "rule_matching",
    "rules",
    "static_fields",
    "time_format_iso_8601",
];

/// Falco's other keys: they mean nothing here.
const IGNORED: [&str; 33] = [
    "base_syscalls",
    "buffered_outputs",
    "capture",
    "config_files",
    "engine",
    "falco_libs",
    "file_output",
    "grpc",
    "grpc_output",
    "http_output",
    "libs_logger",
    "log_level",
    "log_stderr",
    "log_syslog",
    "metrics",
    "output_timeout",
    "outputs_queue",
    "plugins",
    "plugins_hostinfo",
    "program_output",
    "rules_file",
    "rules_files",
    "stdout_output",
    "suggested_formats",
    "syscall_buf_size_preset",
    "syscall_drop_failed_exit",
    "syscall_event_drops",
    "syscall_event_timeouts",
    "syslog_output",
    "time_format",
    "watch_config_files",
    "webserver",
    "internal",
];

impl Default for FalcoConfig {
    /// What the shipped `falco.yaml` sets: the container fields are appended to each output.
    fn default() -> Self {
        let mut config = FalcoConfig::bare();
        let suggested = Value::Array(vec![serde_json::json!({"suggested_output": true})]);
        config.tree.insert("append_output".to_owned(), suggested);
        config
    }
}

impl FalcoConfig {
    /// Nothing set.
    pub fn bare() -> Self {
        FalcoConfig { tree: Map::new() }
    }

    /// Sets one `key=value`.
    ///
    /// # Errors
    /// [`OptionError`] when it is no such thing, or the key is unknown.
    pub fn set(&mut self, option: &str) -> Result<(), OptionError> {
        let syntax = || OptionError::Syntax(option.to_owned());
        let (path, text) = option.split_once('=').ok_or_else(syntax)?;
        let path = path.trim();
        let key = path.split(['.', '[']).next().unwrap_or("");
        if !USED.contains(&key) && !IGNORED.contains(&key) {
            let similar = USED.iter().find(|known| known.contains(key) || key.contains(*known));
            let hint = similar.map_or_else(String::new, |known| format!("; did you mean `{known}`?"));
            return Err(OptionError::UnknownKey { key: key.to_owned(), hint });
        }
        let value = match text.trim_start().chars().next() {
            Some('{' | '[') => serde_json::from_str(text)
                .map_err(|error| OptionError::Value { key: path.to_owned(), reason: error.to_string() })?,
            _ => Value::String(text.to_owned()),
        };
        let mut at = self.tree.entry(key).or_insert(Value::Null);
        for step in path.get(key.len()..).unwrap_or("").split_inclusive(['.', '[', ']']) {
            match step {
                "." | "[" => {}
                "]" => at = entry(at, "").ok_or_else(syntax)?,
                _ if step.ends_with(']') => at = entry(at, step.trim_end_matches(']')).ok_or_else(syntax)?,
                _ => at = member(at, step.trim_end_matches(['.', '['])),
            }
        }
        *at = value;
        Ok(())
    }

    /// How to compile, how to make alerts, how to print them.
    ///
    /// # Errors
    /// [`OptionError::Value`] for the first key whose value does not fit.
    pub fn build(&self) -> Result<(Options, Config, LineShape), OptionError> {
        let texts: Option<Vec<String>> = self.get("load_plugins")?;
        let options = Options {
            plugins: texts.unwrap_or_else(|| Options::default().plugins),
            append_output: self.get::<Vec<AppendOutput>>("append_output")?.unwrap_or_default(),
            static_fields: self.get::<BTreeMap<String, String>>("static_fields")?.unwrap_or_default(),
            selection: self.get::<Vec<Selection>>("rules")?.unwrap_or_default(),
        };
        let fail = |key: &str, reason: String| OptionError::Value { key: key.to_owned(), reason };
        let rule_matching = match self.get::<String>("rule_matching")?.as_deref() {
            None | Some("first") => RuleMatching::First,
            Some("all") => RuleMatching::All,
            Some(other) => return Err(fail("rule_matching", format!("{other:?} is neither first nor all"))),
        };
        let minimum_priority = match self.get::<String>("priority")? {
            None => Priority::Debug,
            Some(text) => {
                text.parse().map_err(|error: alert::UnknownPriority| fail("priority", error.to_string()))?
            }
        };
        let config = Config {
            rule_matching,
            minimum_priority,
            hostname: String::new(),
            extra_output: String::new(),
            extra_fields: Vec::new(),
            append_output: options.append_output.clone(),
            static_fields: options.static_fields.clone(),
            rules: options.selection.clone(),
            time_format_iso_8601: self.truth("time_format_iso_8601", false)?,
            buffer_format_base64: self.truth("buffer_format_base64", false)?,
            profile_every_events: 0,
        };
        let shape = LineShape {
            json: self.truth("json_output", false)?,
            output: self.truth("json_include_output_property", true)?,
            message: self.truth("json_include_message_property", false)?,
            output_fields: self.truth("json_include_output_fields_property", true)?,
            tags: self.truth("json_include_tags_property", true)?,
        };
        Ok((options, config, shape))
    }

    fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, OptionError> {
        match self.tree.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => serde_json::from_value(value.clone())
                .map(Some)
                .map_err(|error| OptionError::Value { key: key.to_owned(), reason: error.to_string() }),
        }
    }

    fn truth(&self, key: &str, default: bool) -> Result<bool, OptionError> {
        match self.get::<String>(key)?.as_deref() {
            None => Ok(default),
            Some("true" | "yes" | "on") => Ok(true),
            Some("false" | "no" | "off") => Ok(false),
            Some(other) => Err(OptionError::Value {
                key: key.to_owned(),
                reason: format!("{other:?} is neither true nor false"),
            }),
        }
    }
}

/// The entry of a sequence, made when it is the next one or one soon after it.
fn entry<'v>(value: &'v mut Value, index: &str) -> Option<&'v mut Value> {
    if !value.is_array() {
        *value = Value::Array(Vec::new());
    }
    let entries = value.as_array_mut()?;
    let index = if index.is_empty() { entries.len() } else { index.parse().ok()? };
    if index >= ENTRIES_MAX {
        return None;
    }
    while entries.len() <= index {
        entries.push(Value::Null);
    }
    entries.get_mut(index)
}

fn member<'v>(value: &'v mut Value, key: &str) -> &'v mut Value {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(map) => map.entry(key).or_insert(Value::Null),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(options: &[&str]) -> (Options, Config, LineShape) {
        let mut config = FalcoConfig::default();
        for option in options {
            config.set(option).unwrap();
        }
        config.build().unwrap()
    }

    #[test]
    fn paths_reach_into_sequences() {
        let (options, config, shape) = build(&[
            "append_output[0].suggested_output=false",
            "append_output[0].extra_fields[0]=evt.num",
            "append_output[0].extra_fields[1].mine=%proc.pid",
            "append_output[].match.tags[0]=a",
            "append_output[1].extra_output=more=%proc.pid",
            "rules[0].disable.rule=*",
            r#"rules[]={"enable": {"tag": "x"}}"#,
            "static_fields.rack=7",
            "rule_matching=all",
            "priority=warning",
            "json_include_tags_property=false",
            "json_output=true",
            "load_plugins=[]",
            "webserver.enabled=false",
        ]);
        let fields = &options.append_output[0].extra_fields;
        assert_eq!(fields[0], rule_compiler::ExtraField::Raw("evt.num".to_owned()));
        assert!(!options.append_output[0].suggested_output && fields.len() == 2);
        assert_eq!(options.append_output[1].extra_output, "more=%proc.pid");
        assert_eq!(options.append_output[1].matching.tags, ["a"]);
        assert_eq!(options.selection.len(), 2);
        assert_eq!(options.static_fields["rack"], "7");
        assert!(options.plugins.is_empty());
        assert_eq!((config.rule_matching, config.minimum_priority), (RuleMatching::All, Priority::Warning));
        assert!(shape.json && !shape.tags && shape.output);
        assert!(build(&[]).0.append_output[0].suggested_output);
    }

    #[test]
    fn bad_options_are_named() {
        let check = |option: &str, expected: &str| {
            let mut config = FalcoConfig::default();
            let error = config.set(option).and_then(|()| config.build().map(drop)).unwrap_err();
            assert!(error.to_string().contains(expected), "{option}: {error}");
        };
        check("rule_matching", "key=value");
        check("rule_match=all", "rule_matching");
        check("rule_matching=some", "neither first nor all");
        check("append_output[99999].extra_output=x", "key=value");
        check("append_output[0].extra=x", "extra");
        check("priority=loud", "loud");
        check("rules={", "cannot be used");
    }
}
