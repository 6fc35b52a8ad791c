//! Field names to fields: arguments, dynamic names (`evt.arg.NAME`), and Falco's undocumented
//! fields, which exist and never have a value here.

use std::{collections::HashMap, sync::LazyLock};

use event::{Direction, EVENTS, FieldId, FieldSource, ParamType, Value, ValueType, field_id};
use rule_syntax::FieldExpr;

/// A field with its argument, ready to be extracted.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldRef {
    /// `None` for a field that exists but has no data here.
    pub id: Option<FieldId>,
    /// Its argument.
    pub argument: OwnedArgument,
    /// Type of its value.
    pub value_type: ValueType,
    /// The value is a list.
    pub is_list: bool,
    /// As written: `proc.aname[2]`.
    pub text: String,
}

/// [`event::FieldArgument`] that owns its text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum OwnedArgument {
    /// None given.
    None,
    /// A number.
    Index(u32),
    /// A text.
    Key(String),
}

impl FieldRef {
    /// The value at this event.
    pub fn extract<'s, S: FieldSource + ?Sized>(&self, source: &'s S) -> Option<Value<'s>> {
        let argument = match &self.argument {
            OwnedArgument::None => event::FieldArgument::None,
            OwnedArgument::Index(index) => event::FieldArgument::Index(*index),
            OwnedArgument::Key(key) => event::FieldArgument::Key(key),
        };
        let Some(id) = self.id else {
            return self.is_direction().then(|| direction(source.code()));
        };
        if !self.is_of_ancestors() {
            return source.extract(id, argument);
        }
        match source.extract(id, argument) {
            // No ancestor is no value; sockets' ends exist without being there (Falco).
            Some(Value::AnyOf(values)) if values.is_empty() => None,
            // One text for all ancestors, unlike its sisters (Falco).
            Some(Value::AnyOf(values)) if id == field_id::PROC_AARGS => Some(joined(&values)),
            value => value,
        }
    }

    /// `evt.dir`, which every event has.
    pub fn is_direction(&self) -> bool {
        self.id.is_none() && self.text == "evt.dir"
    }

    /// Fields of ancestors cannot be transformed, with or without an index; arguments of one
    /// ancestor can.
    pub(crate) fn is_of_ancestors(&self) -> bool {
        let is_one_ancestors_arguments =
            self.id == Some(field_id::PROC_AARGS) && self.argument != OwnedArgument::None;
        !is_one_ancestors_arguments
            && matches!(
                self.id,
                Some(
                    field_id::PROC_ANAME
                        | field_id::PROC_AEXE
                        | field_id::PROC_AEXEPATH
                        | field_id::PROC_APID
                        | field_id::PROC_ACMDLINE
                        | field_id::PROC_AARGS
                        | field_id::PROC_AENV
                )
            )
    }
}

/// `>` for the entry of a call, `<` for its exit.
fn direction<'v>(code: event::EventCode) -> Value<'v> {
    let is_entry = EVENTS.get(usize::from(code.0)).is_some_and(|event| event.direction == Direction::Enter);
    Value::text(if is_entry { b">" } else { b"<" })
}

fn joined<'v>(values: &[Value<'_>]) -> Value<'v> {
    let parts: Vec<&[u8]> = values
        .iter()
        .map(|value| match value {
            Value::Text(text) => &**text,
            _ => &[],
        })
        .collect();
    Value::Text(parts.join(&b' ').into())
}

/// Which fields there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldTable {
    pub(crate) has_container_plugin: bool,
    /// A filter on its own, not a rule: `evt.type` may be transformed and compared with fields.
    pub(crate) is_plain_filter: bool,
}

/// Why a name is not a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FieldError {
    /// No such field.
    Unknown(String),
    /// It exists, but not with this argument.
    Argument(String),
}

/// Fields that Falco has and does not document: `(name, type, is deprecated)`.
const HIDDEN: [(&str, ValueType); 7] = [
    ("evt.dir", ValueType::Charbuf),
    ("evt.latency", ValueType::Reltime),
    ("evt.latency.s", ValueType::Reltime),
    ("evt.latency.ns", ValueType::Reltime),
    ("evt.latency.human", ValueType::Charbuf),
    ("evt.wait_latency", ValueType::Reltime),
    ("util.cnt", ValueType::Uint64),
];

/// Fields whose use gives LOAD_DEPRECATED_ITEM.
pub(crate) fn is_deprecated(name: &str) -> bool {
    name == "evt.dir" || name == "evt.wait_latency" || name.starts_with("evt.latency")
}

/// Names of event parameters, with the type of the first event that has one of that name.
static PARAMS: LazyLock<HashMap<&'static str, ParamType>> = LazyLock::new(|| {
    let mut params = HashMap::new();
    for param in EVENTS.iter().flat_map(|event| event.params) {
        params.entry(param.name).or_insert(param.param_type);
    }
    params
});

impl FieldTable {
    /// The field that `field` names.
    pub(crate) fn resolve(self, field: &FieldExpr) -> Result<FieldRef, FieldError> {
        let text = match &field.argument {
            Some(argument) => format!("{}[{argument}]", field.name),
            None => field.name.clone(),
        };
        self.resolve_name(&field.name, field.argument.as_deref(), text)
    }

    fn resolve_name(self, name: &str, argument: Option<&str>, text: String) -> Result<FieldRef, FieldError> {
        let unknown = || FieldError::Unknown(text.clone());
        if let Some((_, value_type)) = HIDDEN.iter().find(|(hidden, _)| *hidden == name) {
            let argument = argument.map_or(OwnedArgument::None, |key| OwnedArgument::Key(key.to_owned()));
            return Ok(FieldRef { id: None, argument, value_type: *value_type, is_list: false, text });
        }
        for (prefix, id) in [
            ("evt.arg.", field_id::EVT_ARG),
            ("evt.rawarg.", field_id::EVT_RAWARG),
            ("evt.type.is.", field_id::EVT_TYPE_IS),
            ("thread.cgroup.", field_id::THREAD_CGROUP),
            ("evt.abspath.", field_id::EVT_ABSPATH),
        ] {
            if let Some(key) = name.strip_prefix(prefix) {
                return match argument {
                    None => Self::dynamic(id, key, text),
                    Some(_) => Err(unknown()),
                };
            }
        }
        let id = FieldId::by_name(name).ok_or_else(unknown)?;
        let definition = id.definition().ok_or_else(unknown)?;
        if definition.class.starts_with("container") && !self.has_container_plugin {
            return Err(unknown());
        }
        let argument = match (&definition.argument, argument) {
            (None, None) => OwnedArgument::None,
            (None, Some(_)) => return Err(unknown()),
            (Some(rule), None) if rule.required && id != field_id::EVT_ABSPATH => {
                return Err(FieldError::Argument(format!("{name} requires an argument but none provided")));
            }
            (Some(_), None) => OwnedArgument::None,
            (Some(_), Some(key)) if id == field_id::EVT_ARG || id == field_id::EVT_RAWARG => {
                match key.parse() {
                    Ok(index) => OwnedArgument::Index(index),
                    Err(_) => return Self::dynamic(id, key, text),
                }
            }
            (Some(rule), Some(key)) => match key.parse() {
                Ok(index) if id != field_id::PROC_ENV && (rule.index || !rule.key) => {
                    OwnedArgument::Index(index)
                }
                _ if rule.key || takes_key(id) => OwnedArgument::Key(key.to_owned()),
                // A negative index loads in Falco and finds nothing.
                _ if key.parse::<i64>().is_ok() => {
                    let argument = OwnedArgument::Key(key.to_owned());
                    let (value_type, is_list) = (definition.value_type, definition.is_list);
                    return Ok(FieldRef { id: None, argument, value_type, is_list, text });
                }
                _ => return Err(FieldError::Argument(format!("filter syntax error: {text}"))),
            },
        };
        let (mut value_type, is_list) = (definition.value_type, definition.is_list);
        if value_type == ValueType::Dynamic {
            value_type = ValueType::Uint64;
        }
        Ok(FieldRef { id: Some(id), argument, value_type, is_list, text })
    }

    fn dynamic(id: FieldId, key: &str, text: String) -> Result<FieldRef, FieldError> {
        let mut value_type = id.definition().map_or(ValueType::Charbuf, |definition| definition.value_type);
        if id == field_id::EVT_ARG || id == field_id::EVT_RAWARG {
            let Some(param_type) = PARAMS.get(key) else {
                return Err(FieldError::Argument(format!("unknown event argument {key}")));
            };
            if id == field_id::EVT_RAWARG {
                value_type = raw_type(*param_type);
            }
        }
        let is_known = match id {
            field_id::EVT_ABSPATH => matches!(key, "src" | "dst"),
            field_id::EVT_TYPE_IS => event::EventCode::all_by_name(key).next().is_some(),
            _ => true,
        };
        if !is_known {
            return Err(FieldError::Unknown(text));
        }
        Ok(FieldRef {
            id: Some(id),
            argument: OwnedArgument::Key(key.to_owned()),
            value_type,
            is_list: false,
            text,
        })
    }

    /// The most similar field name, for "did you mean".
    pub(crate) fn similar(self, name: &str) -> Option<&'static str> {
        let bare = name.split('[').next().unwrap_or(name);
        event::FIELDS
            .iter()
            .filter(|field| self.has_container_plugin || !field.class.starts_with("container"))
            .map(|field| (distance(bare, field.name), field.name))
            .min()
            .filter(|(distance, _)| *distance <= (bare.len() / 3).clamp(1, 4))
            .map(|(_, name)| name)
    }
}

fn takes_key(id: FieldId) -> bool {
    matches!(
        id,
        field_id::PROC_ENV
            | field_id::PROC_AENV
            | field_id::THREAD_CGROUP
            | field_id::EVT_ABSPATH
            | field_id::EVT_TYPE_IS
            | field_id::EVT_AROUND
    )
}

/// The type of `evt.rawarg.NAME`.
fn raw_type(param_type: ParamType) -> ValueType {
    match param_type {
        ParamType::Charbuf | ParamType::Fspath | ParamType::Fsrelpath => ValueType::Charbuf,
        ParamType::Bytebuf | ParamType::Socktuple | ParamType::Sockaddr | ParamType::Fdlist => {
            ValueType::Bytebuf
        }
        ParamType::Int16 => ValueType::Int16,
        ParamType::Int32 | ParamType::Fd32 | ParamType::Pid32 => ValueType::Int32,
        ParamType::Int64 | ParamType::Fd | ParamType::Errno | ParamType::Pid => ValueType::Int64,
        ParamType::Reltime => ValueType::Reltime,
        ParamType::Abstime => ValueType::Abstime,
        ParamType::Port => ValueType::Port,
        ParamType::Uint32 | ParamType::Uid | ParamType::Gid | ParamType::Flags32 | ParamType::Mode => {
            ValueType::Uint32
        }
        _ => ValueType::Uint64,
    }
}

/// Edits between two names, one row at a time.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = Vec::with_capacity(row.len());
        next.push(left);
        for (y, above) in b.bytes().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(x != y)).min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
