//! An event made of a table of values.

use std::{collections::HashMap, sync::Arc};

use event::{EventCode, FieldArgument, FieldId, FieldSource, UnixNs, Value};
use rule_compiler::{Options, RuleFile, RuleSet, compile};

/// Values by field as written, `proc.aname[2]`.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) code: EventCode,
    pub(super) values: HashMap<String, Value<'static>>,
}

impl Table {
    pub(super) fn new(event: &str) -> Table {
        let code = EventCode::all_by_name(event).last().unwrap();
        Table { code, values: HashMap::new() }.with("evt.type", text(event)).with("evt.num", Value::Uint(7))
    }

    pub(super) fn with(mut self, field: &str, value: Value<'static>) -> Table {
        self.values.insert(field.to_owned(), value);
        self
    }
}

pub(super) fn text(text: &str) -> Value<'static> {
    Value::Text(text.as_bytes().to_vec().into())
}

impl FieldSource for Table {
    fn code(&self) -> EventCode {
        self.code
    }

    fn timestamp(&self) -> UnixNs {
        UnixNs(1_527_593_000_123_456_789)
    }

    fn extract<'s>(&'s self, field: FieldId, argument: FieldArgument<'_>) -> Option<Value<'s>> {
        let name = match argument {
            FieldArgument::None => field.name().to_owned(),
            FieldArgument::Index(index) => format!("{}[{index}]", field.name()),
            FieldArgument::Key(key) => format!("{}[{key}]", field.name()),
        };
        self.values.get(&name).cloned()
    }
}

/// Compiles one file that must be free of errors.
pub(super) fn rules(yaml: &str) -> Arc<RuleSet> {
    let files = [RuleFile { name: "test.yaml".to_owned(), text: yaml.to_owned() }];
    let (rules, report) = compile(&files, &Options::default());
    assert!(report.is_ok(), "{}", report.render(false));
    Arc::new(rules)
}

/// A rule with this condition.
pub(super) fn rule(name: &str, condition: &str) -> String {
    let condition = condition.replace('\'', "''");
    format!("- rule: {name}\n  desc: d\n  condition: '{condition}'\n  output: 'o'\n  priority: INFO\n")
}
