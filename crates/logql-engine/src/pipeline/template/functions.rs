//! Loki's template functions (`pkg/logql/log/fmt.go` names the set) and Go's built-in ones.

use super::{dates, numbers, render::Scope, strings, value::Value};

/// All names, sorted.
const NAMES: &[&str] = &[
    "Replace",
    "ToLower",
    "ToUpper",
    "Trim",
    "TrimLeft",
    "TrimPrefix",
    "TrimRight",
    "TrimSpace",
    "TrimSuffix",
    "__line__",
    "__timestamp__",
    "add",
    "addf",
    "alignLeft",
    "alignRight",
    "and",
    "b64dec",
    "b64enc",
    "bytes",
    "ceil",
    "contains",
    "count",
    "date",
    "default",
    "div",
    "divf",
    "duration",
    "duration_seconds",
    "eq",
    "float64",
    "floor",
    "fromJson",
    "ge",
    "gt",
    "hasPrefix",
    "hasSuffix",
    "html",
    "indent",
    "index",
    "int",
    "js",
    "le",
    "len",
    "lower",
    "lt",
    "max",
    "maxf",
    "min",
    "minf",
    "mod",
    "mul",
    "mulf",
    "ne",
    "nindent",
    "not",
    "now",
    "or",
    "print",
    "printf",
    "println",
    "regexReplaceAll",
    "regexReplaceAllLiteral",
    "repeat",
    "replace",
    "round",
    "slice",
    "sub",
    "subf",
    "substr",
    "title",
    "toDate",
    "toDateInZone",
    "trim",
    "trimAll",
    "trimPrefix",
    "trimSuffix",
    "trunc",
    "unixEpoch",
    "unixEpochMillis",
    "unixEpochNanos",
    "unixToTime",
    "upper",
    "urldecode",
    "urlencode",
    "urlquery",
];

/// The function's name, if there is such a function.
pub(super) fn name(word: &str) -> Option<&'static str> {
    NAMES.binary_search(&word).ok().and_then(|index| NAMES.get(index)).copied()
}

/// Calls a function; the errors start as Go's do.
pub(super) fn call(
    function: &'static str,
    arguments: Vec<Value>,
    scope: &Scope<'_>,
) -> Result<Value, String> {
    let arguments = Arguments { function, values: arguments };
    match function {
        "__line__" => Ok(Value::Text(scope.line.to_owned())),
        "__timestamp__" => Ok(Value::Time(scope.timestamp_ns)),
        "add" | "sub" | "mul" | "div" | "mod" | "max" | "min" | "addf" | "subf" | "mulf" | "divf"
        | "maxf" | "minf" | "ceil" | "floor" | "round" | "int" | "float64" | "bytes" | "duration"
        | "duration_seconds" => numbers::call(&arguments),
        "date" | "now" | "toDate" | "toDateInZone" | "unixEpoch" | "unixEpochMillis" | "unixEpochNanos"
        | "unixToTime" => dates::call(&arguments),
        "and" | "or" | "not" | "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "default" | "len" | "index"
        | "slice" | "fromJson" => basics(&arguments),
        _ => strings::call(&arguments),
    }
}

/// The arguments of one call.
pub(super) struct Arguments {
    pub(super) function: &'static str,
    pub(super) values: Vec<Value>,
}

impl Arguments {
    pub(super) fn get(&self, index: usize) -> Result<&Value, String> {
        self.values.get(index).ok_or_else(|| {
            format!(
                "template: line:1: wrong number of args for {}: want at least {} got {}",
                self.function,
                index + 1,
                self.values.len()
            )
        })
    }

    pub(super) fn text(&self, index: usize) -> Result<String, String> {
        self.get(index).map(Value::text)
    }

    pub(super) fn int(&self, index: usize) -> Result<i64, String> {
        self.get(index).map(Value::int)
    }

    /// `template: …: error calling f: reason`
    pub(super) fn fail<T>(&self, reason: impl std::fmt::Display) -> Result<T, String> {
        Err(format!(
            "template: line:1:3: executing \"line\" at <{0}>: error calling {0}: {reason}",
            self.function
        ))
    }
}

fn basics(arguments: &Arguments) -> Result<Value, String> {
    let values = &arguments.values;
    Ok(match arguments.function {
        "and" => last_or(values, |value| !value.is_true()),
        "or" => last_or(values, Value::is_true),
        "not" => Value::Bool(!arguments.get(0)?.is_true()),
        "eq" => {
            let first = arguments.get(0)?;
            arguments.get(1)?;
            Value::Bool(values.iter().skip(1).any(|other| equal(first, other)))
        }
        "ne" => Value::Bool(!equal(arguments.get(0)?, arguments.get(1)?)),
        "lt" | "le" | "gt" | "ge" => compare(arguments)?,
        "default" => {
            let given = arguments.get(1)?;
            if given.is_true() { given.clone() } else { arguments.get(0)?.clone() }
        }
        "len" => Value::Int(match arguments.get(0)? {
            Value::Text(text) => text.len() as i64,
            Value::List(items) => items.len() as i64,
            Value::Map(members) => members.len() as i64,
            Value::Nothing => 0,
            other => return arguments.fail(format!("len of type {other:?}")),
        }),
        "index" => index(arguments)?,
        "slice" => {
            let text = arguments.text(0)?;
            let start = usize::try_from(arguments.int(1).unwrap_or(0)).unwrap_or(0);
            let end = arguments.int(2).ok().and_then(|end| usize::try_from(end).ok()).unwrap_or(text.len());
            match text.get(start..end) {
                Some(part) => Value::Text(part.to_owned()),
                None => return arguments.fail("index out of range"),
            }
        }
        _ => serde_json::from_str(&arguments.text(0)?).map_or(Value::Nothing, Value::from_json),
    })
}

/// The first value that stops, or the last one.
fn last_or(values: &[Value], stops: impl Fn(&Value) -> bool) -> Value {
    values.iter().find(|value| stops(value)).or(values.last()).cloned().unwrap_or(Value::Nothing)
}

fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Nothing, Value::Text(text)) | (Value::Text(text), Value::Nothing) => text.is_empty(),
        (left, right) => left == right,
    }
}

fn compare(arguments: &Arguments) -> Result<Value, String> {
    let (left, right) = (arguments.get(0)?, arguments.get(1)?);
    let ordering = match (left, right) {
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::Float(left), Value::Float(right)) => left.partial_cmp(right),
        (Value::Time(left), Value::Time(right)) => Some(left.cmp(right)),
        _ => return arguments.fail("incompatible types for comparison"),
    };
    Ok(Value::Bool(ordering.is_some_and(|ordering| match arguments.function {
        "lt" => ordering.is_lt(),
        "le" => ordering.is_le(),
        "gt" => ordering.is_gt(),
        _ => ordering.is_ge(),
    })))
}

fn index(arguments: &Arguments) -> Result<Value, String> {
    let mut value = arguments.get(0)?.clone();
    for key in arguments.values.iter().skip(1) {
        value = match (value, key) {
            (Value::List(items), key) => match usize::try_from(key.int()).ok().and_then(|at| items.get(at)) {
                Some(item) => item.clone(),
                None => return arguments.fail(format!("index out of range: {}", key.int())),
            },
            (Value::Map(members), key) => members.get(&key.text()).cloned().unwrap_or(Value::Nothing),
            (Value::Text(text), key) => {
                match usize::try_from(key.int()).ok().and_then(|at| text.as_bytes().get(at).copied()) {
                    Some(byte) => Value::Int(i64::from(byte)),
                    None => return arguments.fail(format!("index out of range: {}", key.int())),
                }
            }
            _ => return arguments.fail("can't index item"),
        };
    }
    Ok(value)
}
