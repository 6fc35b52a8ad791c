//! The result: rules in evaluation order, indexed by event, over one shared program.

use std::{collections::BTreeMap, fmt::Write as _};

use alert::Priority;
use event::{EventCode, Interest, PathSet, Scope};
use serde_json::{Value, json};

use crate::{
    events::CodeSet,
    format::Format,
    interest,
    operand::Operand,
    program::{NodeId, Program},
};

/// A compiled rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// As written, with appended parts.
    pub condition: String,
    /// Macros and lists in place, exceptions added.
    pub condition_compiled: String,
    /// As written.
    pub output: String,
    /// With extra outputs added.
    pub output_compiled: String,
    /// How bad.
    pub priority: Priority,
    /// Event source.
    pub source: String,
    /// Sorted, each once.
    pub tags: Vec<String>,
    /// As its files say.
    pub enabled: bool,
    /// Whether it is evaluated: `enabled`, unless the configuration switches it on or off.
    pub is_active: bool,
    /// Save a capture when it fires.
    pub capture: bool,
    /// For how long; 0 for the configured default.
    pub capture_duration_ms: u32,
    /// Names of events it can match, sorted.
    pub events: Vec<&'static str>,
    /// Codes of those events.
    pub codes: CodeSet,
    /// Fields of the condition, sorted.
    pub condition_fields: Vec<String>,
    /// Operators of the condition, sorted.
    pub operators: Vec<String>,
    /// Fields of the output, in order.
    pub output_fields: Vec<String>,
    /// Names of its exceptions.
    pub exception_names: Vec<String>,
    /// Fields of its exceptions.
    pub exception_fields: Vec<String>,
    /// Operators of its exceptions.
    pub exception_operators: Vec<String>,
    /// Macros it names, sorted.
    pub macros: Vec<String>,
    /// Lists it names, sorted.
    pub lists: Vec<String>,
    /// Fields that have no data here and are always missing.
    pub fields_without_data: Vec<String>,
    /// Conditions of its exceptions, by name; `None` for one without values.
    pub exceptions: Vec<(String, Option<String>)>,
    /// What made the rule what it is, in order: `defined`, `override …`, with file and line.
    pub history: Vec<String>,
    /// File it was first defined in.
    pub file: String,
    /// Line of that definition, from 1.
    pub line: usize,
    /// Its condition in the program.
    pub node: NodeId,
    /// Its output.
    pub format: Format,
    /// What the configuration adds to its alerts' fields, in order.
    pub extra_fields: Vec<(String, ExtraValue)>,
}

/// A field that the configuration adds to alerts.
#[derive(Debug, Clone, PartialEq)]
pub enum ExtraValue {
    /// A value with its type.
    Value(Operand),
    /// A rendered format, always text.
    Format(Format),
    /// A constant.
    Text(String),
}

impl Rule {
    /// A rule of which only the condition's node is known.
    pub(crate) fn empty(node: NodeId) -> Rule {
        Rule {
            name: String::new(),
            description: String::new(),
            condition: String::new(),
            condition_compiled: String::new(),
            output: String::new(),
            output_compiled: String::new(),
            priority: Priority::Debug,
            source: String::new(),
            tags: Vec::new(),
            enabled: false,
            is_active: false,
            capture: false,
            capture_duration_ms: 0,
            events: Vec::new(),
            codes: CodeSet::default(),
            condition_fields: Vec::new(),
            operators: Vec::new(),
            output_fields: Vec::new(),
            exception_names: Vec::new(),
            exception_fields: Vec::new(),
            exception_operators: Vec::new(),
            macros: Vec::new(),
            lists: Vec::new(),
            fields_without_data: Vec::new(),
            exceptions: Vec::new(),
            history: Vec::new(),
            file: String::new(),
            line: 0,
            node,
            format: Format::default(),
            extra_fields: Vec::new(),
        }
    }

    /// As `quaywatch rules check -o json` prints it.
    pub fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "priority": self.priority.name(),
            "source": self.source,
            "tags": self.tags,
            "enabled": self.enabled,
            "capture": self.capture,
            "capture_duration": self.capture_duration_ms,
            "description": self.description,
            "condition": self.condition,
            "output": self.output,
            "condition_compiled": self.condition_compiled,
            "output_compiled": self.output_compiled,
            "events": self.events,
            "condition_fields": self.condition_fields,
            "operators": self.operators,
            "output_fields": self.output_fields,
            "exception_names": self.exception_names,
            "exception_fields": self.exception_fields,
            "exception_operators": self.exception_operators,
            "macros": self.macros,
            "lists": self.lists,
            "fields_without_data": self.fields_without_data,
            "file": self.file,
            "line": self.line,
        })
    }
}

/// All rules of a load.
#[derive(Debug, Default)]
pub struct RuleSet {
    rules: Vec<Rule>,
    program: Program,
    /// Indices of enabled rules per event code, in evaluation order.
    by_code: Vec<Box<[u32]>>,
    interest: Interest,
}

impl RuleSet {
    pub(crate) fn new(rules: Vec<Rule>, program: Program) -> RuleSet {
        let by_code = (0..event::EVENTS.len())
            .map(|code| {
                let code = EventCode(code as u16);
                let of_code = |is_enabled: bool| {
                    let fits = move |rule: &Rule| rule.enabled == is_enabled && rule.codes.contains(code);
                    (0u32..).zip(&rules).filter(move |(_, rule)| rule.is_active && fits(rule))
                };
                // What the configuration switches on comes after what files do, the last one
                // first: so Falco 0.44 evaluates its own rules, which it has in a heap's order.
                let later: Vec<_> = of_code(false).collect();
                of_code(true).chain(later.into_iter().rev()).map(|(index, _)| index).collect()
            })
            .collect();
        let interest = interest::derive(&rules, &program);
        RuleSet { rules, program, by_code, interest }
    }

    /// In evaluation order, disabled ones included.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule of this name.
    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name == name)
    }

    /// The rule name most like this one.
    pub fn similar_name(&self, name: &str) -> Option<&str> {
        let lower = name.to_lowercase();
        self.rules
            .iter()
            .map(|rule| (crate::fields::distance(&lower, &rule.name.to_lowercase()), rule.name.as_str()))
            .min()
            .filter(|(distance, _)| *distance <= (name.len() / 3).max(2))
            .map(|(_, name)| name)
    }

    /// What a person who loads these rules should know and no warning says: fields that have no
    /// data here, and rules that make the kernel send all of something.
    pub fn load_report(&self) -> String {
        let mut out = String::new();
        let mut without_data: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for rule in self.rules.iter().filter(|rule| rule.is_active) {
            for field in &rule.fields_without_data {
                without_data.entry(field).or_default().push(&rule.name);
            }
            if let Some(what) = interest::defeat(&interest::of_rule(rule, &self.program)) {
                let _ = writeln!(out, "note: rule {:?} makes the kernel send {what}", rule.name);
            }
        }
        for (field, rules) in without_data {
            let _ = writeln!(
                out,
                "note: the field {field} has no data here and is always missing (in {rules:?})"
            );
        }
        out
    }

    /// The shared conditions.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Indices of the enabled rules that an event of this code can match, in evaluation order.
    pub fn candidates(&self, code: EventCode) -> &[u32] {
        self.by_code.get(usize::from(code.0)).map_or(&[], |rules| rules)
    }

    /// What the kernel has to send for the enabled rules: never too little.
    pub fn interest(&self) -> Interest {
        self.interest.clone()
    }

    /// A page about one rule: what it compiles to, which events it waits for, what the kernel is
    /// asked for because of it. `None` when there is no such rule.
    pub fn explain(&self, name: &str) -> Option<String> {
        let rule = self.rule(name)?;
        let mut out = String::new();
        let _ = writeln!(out, "rule       {}", rule.name);
        let state = if rule.is_active { "enabled" } else { "disabled" };
        let _ = writeln!(
            out,
            "           {} · {} · {state} · {}:{}",
            rule.priority, rule.source, rule.file, rule.line
        );
        if !rule.tags.is_empty() {
            let _ = writeln!(out, "tags       {}", rule.tags.join(", "));
        }
        let _ = writeln!(out, "about      {}", rule.description.trim());
        let _ = writeln!(out, "condition  {}", rule.condition_compiled);
        let events = if rule.events.len() > 60 {
            format!("{} of {} events", rule.events.len(), crate::events::all_names().count())
        } else {
            rule.events.join(", ")
        };
        let _ = writeln!(out, "events     {events}");
        let _ = writeln!(out, "fields     {}", rule.condition_fields.join(", "));
        let _ = writeln!(out, "output     {}", rule.output_compiled);
        for (name, condition) in &rule.exceptions {
            let condition = condition.as_deref().unwrap_or("(no values: has no effect)");
            let _ = writeln!(out, "exception  {name}: not {condition}");
        }
        for (index, step) in rule.history.iter().enumerate() {
            let _ = writeln!(out, "{:<10} {step}", if index == 0 { "made by" } else { "" });
        }
        for (what, names) in [("macros", &rule.macros), ("lists", &rule.lists)] {
            if !names.is_empty() {
                let _ = writeln!(out, "{what:<10} {}", names.join(", "));
            }
        }
        if !rule.fields_without_data.is_empty() {
            let _ = writeln!(out, "no data    {} (always missing)", rule.fields_without_data.join(", "));
        }
        let interest = interest::of_rule(rule, &self.program);
        explain_interest(&mut out, &interest);
        if let Some(what) = interest::defeat(&interest) {
            let _ = writeln!(out, "           ! this defeats the kernel's filter: {what}");
        }
        Some(out)
    }
}

fn explain_interest(out: &mut String, interest: &Interest) {
    let named = |scope: Scope| {
        let names: Vec<&str> = interest
            .events
            .iter()
            .filter(|(_, found)| **found == scope)
            .map(|(name, _)| name.as_str())
            .collect();
        if names.len() > 60 { format!("{} events", names.len()) } else { names.join(", ") }
    };
    for (scope, who) in [(Scope::Everyone, "from every process"), (Scope::Containers, "from containers only")]
    {
        let names = named(scope);
        if !names.is_empty() {
            let _ = writeln!(out, "kernel     {names} {who}");
        }
    }
    let is_open =
        ["open", "openat", "openat2", "creat"].iter().any(|name| interest.events.contains_key(*name));
    if is_open {
        for (what, paths) in [("reads of", &interest.open.read), ("writes of", &interest.open.write)] {
            match paths {
                PathSet::All => {
                    let _ = writeln!(out, "           {what} every path");
                }
                PathSet::Prefixes(prefixes) if prefixes.is_empty() => {}
                PathSet::Prefixes(prefixes) => {
                    let list: Vec<String> = prefixes
                        .iter()
                        .map(|prefix| format!("{}*", String::from_utf8_lossy(prefix)))
                        .collect();
                    let _ = writeln!(out, "           {what} {}", list.join(" "));
                }
            }
        }
        if interest.open.failed {
            let _ = writeln!(out, "           failed opens");
        }
    }
}
