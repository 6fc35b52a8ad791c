//! Exceptions: fields, comparison operators and rows of values that a rule does not fire on.
//! They become condition text, as in Falco: `(condition) and not (…)`.

use std::fmt::Write as _;

use rule_syntax::{Modifier, Operator};

use crate::{
    fields::FieldTable,
    items::{Reader, Rejected},
    lists::quoted_item,
    operand::Operand,
    report::Code,
    source::Place,
    yaml::{Kind, Node},
};

/// One exception of a rule.
#[derive(Debug, Clone)]
pub(crate) struct Exception {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) fields: Option<Entry>,
    pub(crate) comps: Option<Entry>,
    pub(crate) values: Option<Vec<Entry>>,
}

/// A scalar, or a list of entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    Scalar(String),
    List(Vec<Entry>),
}

impl Entry {
    fn scalars(&self) -> Vec<&str> {
        match self {
            Entry::Scalar(text) => vec![text],
            Entry::List(items) => items.iter().flat_map(Entry::scalars).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Entry::List(items) if items.is_empty())
    }
}

pub(crate) fn read_exceptions(
    reader: &mut Reader<'_>,
    node: &Node,
    is_appended: bool,
) -> Result<Vec<Exception>, Rejected> {
    let Some(nodes) = node.sequence() else {
        return reader.invalid(node.place, "Rule exceptions must be a sequence");
    };
    let mut exceptions = Vec::new();
    for node in nodes {
        let name = reader.required(node, "name")?.0.to_owned();
        if !is_appended && node.get("fields").is_none() {
            return reader.invalid(node.place, "Item has no mapping for key 'fields'");
        }
        let fields = node.get("fields").map(|node| entry(reader, node)).transpose()?;
        let comps = node.get("comps").map(|node| entry(reader, node)).transpose()?;
        let values = match node.get("values") {
            None => None,
            Some(values) => match &values.kind {
                Kind::Sequence(rows) => {
                    Some(rows.iter().map(|row| entry(reader, row)).collect::<Result<_, _>>()?)
                }
                _ => return reader.invalid(values.place, "Rule exception values must be a sequence"),
            },
        };
        exceptions.push(Exception { name, place: node.place, fields, comps, values });
    }
    Ok(exceptions)
}

fn entry(reader: &mut Reader<'_>, node: &Node) -> Result<Entry, Rejected> {
    match &node.kind {
        Kind::Scalar { text, .. } if text.is_empty() => reader.invalid(node.place, "Value must be non-empty"),
        Kind::Scalar { .. } if node.is_null() => reader.invalid(node.place, "Value must be non-empty"),
        Kind::Scalar { text, .. } => Ok(Entry::Scalar(text.clone())),
        Kind::Sequence(items) => {
            items.iter().map(|item| entry(reader, item)).collect::<Result<_, _>>().map(Entry::List)
        }
        Kind::Mapping(_) => reader.invalid(node.place, "Rule exception entries must be scalars or sequences"),
    }
}

/// Checks a new exception and fills in its default operators.
pub(crate) fn validate(
    reader: &mut Reader<'_>,
    exception: &mut Exception,
    table: FieldTable,
) -> Result<(), Rejected> {
    let place = exception.place;
    let fail =
        |reader: &mut Reader<'_>, message: String| reader.fail(Code::ErrValidate, place, message, None);
    let Some(fields) = exception.fields.clone().filter(|fields| !fields.is_empty()) else {
        return fail(
            reader,
            "Rule exception item must have fields property with a list of fields".to_owned(),
        );
    };
    for field in fields.scalars() {
        let known = rule_syntax::parse_operand(field).is_ok_and(|left| Operand::lower(&left, table).is_ok());
        if !known {
            let help = table.similar(field).map(|similar| format!("did you mean `{similar}`?"));
            let message = format!("'{field}' is not a supported filter field");
            return reader.fail(Code::ErrValidate, place, message, help.as_deref());
        }
    }
    match (&fields, &exception.comps) {
        (Entry::Scalar(_), None) => exception.comps = Some(Entry::Scalar("in".to_owned())),
        (Entry::Scalar(_), Some(Entry::Scalar(operator))) if takes_list(operator) => {}
        (Entry::Scalar(_), Some(_)) => {
            return fail(
                reader,
                "When fields is a single value, comps must be one of (in, pmatch, intersects) or a modifier operator (e.g. startswith oneof)"
                    .to_owned(),
            );
        }
        (Entry::List(names), None) => {
            exception.comps = Some(Entry::List(vec![Entry::Scalar("=".to_owned()); names.len()]));
        }
        (Entry::List(names), Some(Entry::List(operators))) if names.len() == operators.len() => {
            let unknown = operators.iter().flat_map(Entry::scalars).find(|operator| !is_operator(operator));
            if let Some(operator) = unknown {
                return fail(reader, format!("'{operator}' is not a supported comparison operator"));
            }
        }
        (Entry::List(_), Some(_)) => {
            return fail(reader, "Fields and comps lists must have equal length".to_owned());
        }
    }
    validate_values(reader, exception)
}

/// Every row of values fits the fields.
pub(crate) fn validate_values(reader: &mut Reader<'_>, exception: &Exception) -> Result<(), Rejected> {
    let fail = |reader: &mut Reader<'_>, message: &str| {
        reader.fail(Code::ErrValidate, exception.place, message, None)
    };
    for row in exception.values.as_deref().unwrap_or(&[]) {
        match (&exception.fields, row) {
            (Some(Entry::Scalar(_)), Entry::List(_)) => {
                return fail(reader, "Expected values array to contain a list of strings");
            }
            (Some(Entry::List(names)), Entry::List(values)) if names.len() != values.len() => {
                return fail(reader, "Fields and values lists must have equal length");
            }
            (Some(Entry::List(_)), Entry::Scalar(_)) => {
                return fail(reader, "Fields and values lists must have equal length");
            }
            _ => {}
        }
    }
    Ok(())
}

/// Merges appended exceptions: an old one may only get values, a new one needs fields and values.
pub(crate) fn append(
    reader: &mut Reader<'_>,
    old: &mut Vec<Exception>,
    new: Vec<Exception>,
    table: FieldTable,
) -> Result<(), Rejected> {
    for mut exception in new {
        let place = exception.place;
        if exception.values.as_ref().is_none_or(Vec::is_empty) {
            reader.warn(Code::AppendNoValues, place, "Overriding/appending exception with no values", None);
        }
        let fail =
            |reader: &mut Reader<'_>, message: &str| reader.fail(Code::ErrValidate, place, message, None);
        match old.iter_mut().find(|known| known.name == exception.name) {
            Some(known) => {
                if exception.fields.is_some() {
                    return fail(
                        reader,
                        "Can not append exception fields to existing exception, only values",
                    );
                }
                if exception.comps.is_some() {
                    return fail(reader, "Can not append exception comps to existing exception, only values");
                }
                known.values.get_or_insert_default().extend(exception.values.unwrap_or_default());
                validate_values(reader, known)?;
            }
            None => {
                if exception.fields.is_none() {
                    return fail(reader, "Rule exception must have fields property with a list of fields");
                }
                if exception.values.is_none() {
                    return fail(reader, "Rule exception must have values property with a list of values");
                }
                validate(reader, &mut exception, table)?;
                old.push(exception);
            }
        }
    }
    Ok(())
}

fn takes_list(operator: &str) -> bool {
    match operator.split_once(' ') {
        None => Operator::by_name(operator).is_some_and(Operator::takes_list),
        Some((name, modifier)) => {
            Operator::by_name(name).is_some_and(Operator::takes_modifier)
                && Modifier::ALL.iter().any(|known| known.name() == modifier)
        }
    }
}

fn is_operator(operator: &str) -> bool {
    Operator::by_name(operator).is_some() || takes_list(operator)
}

impl Exception {
    /// Operators as written.
    pub(crate) fn operators(&self) -> Vec<String> {
        match &self.comps {
            Some(comps) => comps.scalars().into_iter().map(str::to_owned).collect(),
            // Falco leaves it out when `replace` brought no operators.
            None => vec![String::new()],
        }
    }

    /// Fields as written.
    pub(crate) fn field_names(&self) -> Vec<String> {
        self.fields
            .as_ref()
            .map(|fields| fields.scalars().into_iter().map(str::to_owned).collect())
            .unwrap_or_default()
    }

    /// The condition under which the rule must not fire; `None` without values.
    pub(crate) fn condition(&self) -> Option<String> {
        let values = self.values.as_ref().filter(|values| !values.is_empty())?;
        let fields = self.fields.as_ref()?;
        let mut out = String::new();
        if let Entry::Scalar(field) = fields {
            let operator =
                self.comps.as_ref().map_or("", |comps| comps.scalars().first().copied().unwrap_or(""));
            let items: Vec<String> = values.iter().flat_map(Entry::scalars).map(quoted_item).collect();
            let _ = write!(out, "{field} {operator} ({})", items.join(", "));
            return Some(out);
        }
        let names = fields.scalars();
        let comps = self.comps.as_ref().map(Entry::scalars);
        let rows: Vec<String> = values
            .iter()
            .map(|row| {
                let Entry::List(cells) = row else { return String::new() };
                let parts: Vec<String> = names
                    .iter()
                    .zip(cells)
                    .enumerate()
                    .map(|(index, (field, cell))| {
                        let operator =
                            comps.as_ref().map_or("=", |comps| comps.get(index).copied().unwrap_or("="));
                        format!("{field} {operator} {}", cell_text(cell, operator))
                    })
                    .collect();
                format!("({})", parts.join(" and "))
            })
            .collect();
        let _ = write!(out, "({})", rows.join(" or "));
        Some(out)
    }
}

fn cell_text(cell: &Entry, operator: &str) -> String {
    match cell {
        Entry::List(_) => {
            let items: Vec<String> = cell.scalars().into_iter().map(quoted_item).collect();
            format!("({})", items.join(", "))
        }
        Entry::Scalar(text) if takes_list(operator) && !text.starts_with('(') => {
            format!("({})", quoted_item(text))
        }
        Entry::Scalar(text) if text.starts_with('(') => text.clone(),
        Entry::Scalar(text) => quoted_item(text),
    }
}
