//! An event made of the values that a test of rules gives.

use std::net::IpAddr;

use anyhow::{Context as _, Result, bail};
use event::{EventCode, FieldArgument, FieldId, FieldSource, UnixNs, Value, ValueType, field_id};
use rule_compiler::{FieldRef, Format, Operand, OwnedArgument, Part};
use serde_json::Value as Json;

/// When given events happen: 2026-01-01, so that texts with times can be expected.
const TIME: UnixNs = UnixNs(1_767_225_600_000_000_000);

/// Values of fields at one event; what is not given is missing.
#[derive(Debug)]
pub(super) struct Given {
    code: EventCode,
    values: Vec<(FieldId, OwnedArgument, Value<'static>)>,
}

impl Given {
    /// An event of this name with these fields.
    pub(super) fn new<'f>(name: &str, fields: impl Iterator<Item = (&'f String, &'f Json)>) -> Result<Given> {
        // Of several codes of one name the last one is today's exit event.
        let code = EventCode::all_by_name(name)
            .filter(|code| event::EVENTS.get(usize::from(code.0)).is_some_and(|event| !event.unused))
            .last()
            .with_context(|| format!("there is no event {name:?}; `quaywatch events` lists them"))?;
        let mut given = Given { code, values: Vec::new() };
        for (field, value) in fields {
            given.set(field, value)?;
        }
        for (id, value) in [
            (field_id::EVT_TYPE, Value::Text(name.as_bytes().to_vec().into())),
            (field_id::EVT_NUM, Value::Uint(1)),
        ] {
            if given.extract(id, FieldArgument::None).is_none() {
                given.values.push((id, OwnedArgument::None, value));
            }
        }
        Ok(given)
    }

    fn set(&mut self, name: &str, value: &Json) -> Result<()> {
        let field = field(name)?;
        let id = field.id.with_context(|| format!("the field {name} has no data here"))?;
        if !value.is_null() {
            let value = typed(&field, value).with_context(|| format!("the value of {name}"))?;
            self.values.push((id, field.argument, value));
        }
        Ok(())
    }
}

/// The field of this name.
fn field(name: &str) -> Result<FieldRef> {
    let format = Format::parse(&format!("%{name}"))
        .map_err(|reason| anyhow::anyhow!("{name:?} is no field: {reason}"))?;
    match format.parts.as_slice() {
        [Part::Value { operand: Operand::Field(field), .. }] => Ok(field.clone()),
        _ => bail!("{name:?} is no field"),
    }
}

fn typed(field: &FieldRef, value: &Json) -> Result<Value<'static>> {
    if let Json::Array(items) = value {
        let items = items.iter().map(|item| typed(field, item)).collect::<Result<Vec<_>>>()?;
        return Ok(if field.is_list { Value::List(items) } else { Value::AnyOf(items) });
    }
    let text = match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    Ok(match field.value_type {
        ValueType::Bool => {
            Value::Bool(text.parse().with_context(|| format!("{text:?} is neither true nor false"))?)
        }
        ValueType::Charbuf => Value::Text(text.into_bytes().into()),
        ValueType::Bytebuf => Value::Bytes(text.into_bytes().into()),
        ValueType::Ipaddr => Value::Ip(address(&text)?),
        ValueType::Ipnet => Value::Net(address(&text)?),
        ValueType::Double => Value::Double(text.parse().with_context(|| format!("{text:?} is no number"))?),
        ValueType::Int16 | ValueType::Int32 | ValueType::Int64 => {
            Value::Int(text.parse().with_context(|| format!("{text:?} is no whole number"))?)
        }
        _ => Value::Uint(text.parse().with_context(|| format!("{text:?} is no whole number"))?),
    })
}

fn address(text: &str) -> Result<IpAddr> {
    text.parse().with_context(|| format!("{text:?} is no address"))
}

impl FieldSource for Given {
    fn code(&self) -> EventCode {
        self.code
    }

    fn timestamp(&self) -> UnixNs {
        TIME
    }

    fn extract<'s>(&'s self, field: FieldId, argument: FieldArgument<'_>) -> Option<Value<'s>> {
        let is_asked = |known: &OwnedArgument| match (known, argument) {
            (OwnedArgument::None, FieldArgument::None) => true,
            (OwnedArgument::Index(a), FieldArgument::Index(b)) => *a == b,
            (OwnedArgument::Key(a), FieldArgument::Key(b)) => a == b,
            _ => false,
        };
        let (_, _, value) = self.values.iter().find(|(id, known, _)| *id == field && is_asked(known))?;
        Some(value.clone())
    }
}
