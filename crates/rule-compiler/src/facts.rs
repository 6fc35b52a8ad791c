//! What is listed of a rule: its fields, operators and exceptions.

use std::collections::BTreeSet;

use rule_syntax::{Expr, Operator, Style, print};

use crate::{
    collect::RuleSource,
    fields::FieldTable,
    program::NodeId,
    rules::Rule,
    source::{Place, Traced},
};

/// `(condition) and not … and not …`, each part with its place.
pub(crate) fn with_exceptions(source: &RuleSource) -> Traced {
    let conditions: Vec<(String, Place)> = source
        .exceptions
        .iter()
        .filter_map(|exception| exception.condition().map(|text| (text, exception.place)))
        .collect();
    if conditions.is_empty() {
        return source.condition.clone();
    }
    let mut out = Traced::made("(", source.condition.place(0));
    out.push(&source.condition);
    out.push_made(")", source.place);
    for (text, place) in conditions {
        out.push_made(" and not ", place);
        out.push_made(&text, place);
    }
    out
}

/// What is listed of a condition.
#[derive(Default)]
pub(crate) struct Facts {
    pub(crate) fields: BTreeSet<String>,
    operators: BTreeSet<String>,
    without_data: BTreeSet<String>,
}

impl Facts {
    pub(crate) fn of(expr: &Expr, table: FieldTable) -> Facts {
        let mut facts = Facts::default();
        expr.walk(&mut |expr| {
            let rule_syntax::ExprKind::Check(check) = &expr.kind else { return };
            facts.operators.insert(operator_name(check.operator, check.modifier));
            check.fields(&mut |field| {
                if let Ok(resolved) = table.resolve(field) {
                    if resolved.id.is_none() && !resolved.is_direction() {
                        facts.without_data.insert(resolved.text.clone());
                    }
                    facts.fields.insert(resolved.text);
                }
            });
        });
        facts
    }

    /// A rule without name, output and priority: a plain filter.
    pub(crate) fn describe_filter(self, expr: &Expr, node: NodeId) -> Rule {
        Rule {
            condition_compiled: print(expr, Style::Falco),
            enabled: true,
            is_active: true,
            source: "syscall".to_owned(),
            condition_fields: self.fields.into_iter().collect(),
            operators: self.operators.into_iter().collect(),
            fields_without_data: self.without_data.into_iter().collect(),
            ..Rule::empty(node)
        }
    }

    /// The rule as it is listed; what depends on lists, macros and the output comes after.
    pub(crate) fn describe(
        self,
        source: &RuleSource,
        expr: &Expr,
        node: NodeId,
        (file, line): (String, usize),
    ) -> Rule {
        let exceptions = &source.exceptions;
        Rule {
            name: source.name.clone(),
            description: source.desc.clone(),
            condition: source.condition.text.clone(),
            condition_compiled: print(expr, Style::Falco),
            output: source.output.text.clone(),
            priority: source.priority,
            source: source.source.clone(),
            tags: source.tags.iter().cloned().collect(),
            enabled: source.enabled,
            is_active: source.enabled,
            capture: source.capture,
            capture_duration_ms: source.capture_duration_ms,
            condition_fields: self.fields.into_iter().collect(),
            operators: self.operators.into_iter().collect(),
            exception_names: sorted(exceptions.iter().map(|exception| exception.name.clone())),
            exception_fields: sorted(
                exceptions
                    .iter()
                    .filter(|exception| exception.condition().is_some())
                    .flat_map(|exception| exception.field_names()),
            ),
            exception_operators: sorted(exceptions.iter().flat_map(|exception| exception.operators())),
            fields_without_data: self.without_data.into_iter().collect(),
            file,
            line,
            ..Rule::empty(node)
        }
    }
}

fn operator_name(operator: Operator, modifier: Option<rule_syntax::Modifier>) -> String {
    match modifier {
        Some(modifier) => format!("{} {}", operator.name(), modifier.name()),
        None => operator.name().to_owned(),
    }
}

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    names.collect::<BTreeSet<_>>().into_iter().collect()
}
