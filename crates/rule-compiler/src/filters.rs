//! Plain filters: conditions on their own, without lists, macros and rules. `replay --filter`
//! counts and shows events with them.

use event::field_id;
use rule_syntax::{Expr, ExprKind, Operator, parse};

use crate::{
    events,
    facts::Facts,
    fields::FieldTable,
    program::Builder,
    rules::{Rule, RuleSet},
};

/// Compiles filters. Each that is free of mistakes becomes a rule whose name is its index in
/// `filters`, in the same order; for the others the first mistake is told.
pub fn compile_filters(filters: &[String]) -> (RuleSet, Vec<Result<(), String>>) {
    let table = FieldTable { has_container_plugin: true, is_plain_filter: true };
    let mut builder = Builder::default();
    let mut rules = Vec::new();
    let results = filters
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let rule = compile_one(text, table, &mut builder)?;
            rules.push(Rule { name: index.to_string(), condition: text.clone(), ..rule });
            Ok(())
        })
        .collect();
    (RuleSet::new(rules, builder.program), results)
}

fn compile_one(text: &str, table: FieldTable, builder: &mut Builder) -> Result<Rule, String> {
    let (expr, diagnostics) = parse(text);
    if let Some(diagnostic) = diagnostics.first() {
        return Err(diagnostic.message.clone());
    }
    refuse(&expr)?;
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    let node = builder.add(&expr, table, &mut errors, &mut warnings);
    if let Some(error) = errors.into_iter().next() {
        return Err(error.message);
    }
    let node = node.ok_or("the filter cannot be compiled")?;
    let mut rule = Facts::of(&expr, table).describe_filter(&expr, node);
    rule.codes = events::of(&expr, false).codes;
    Ok(rule)
}

/// What a rule may have and a plain filter may not: macros, and parts of event names.
fn refuse(expr: &Expr) -> Result<(), String> {
    let mut reason = None;
    expr.walk(&mut |expr| match &expr.kind {
        ExprKind::Macro(name) => {
            reason.get_or_insert(format!("filter error: unrecognized field {name}"));
        }
        ExprKind::Check(check) => {
            let is_event_name = matches!(&check.left, rule_syntax::Left::Field(field)
                if event::FieldId::by_name(&field.name) == Some(field_id::EVT_TYPE));
            if is_event_name
                && matches!(check.operator, Operator::StartsWith | Operator::EndsWith | Operator::Contains)
            {
                reason.get_or_insert("filter error: unknown event type".to_owned());
            }
        }
        _ => {}
    });
    reason.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_compile_one_by_one() {
        let filters = ["evt.type = open", "evt.type contains open", "open_read", "proc.name =", "fd.num > 1"];
        let (rules, results) = compile_filters(&filters.map(str::to_owned));
        assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, false, false, true]);
        assert_eq!(rules.rules().iter().map(|rule| rule.name.as_str()).collect::<Vec<_>>(), ["0", "4"]);
    }
}
