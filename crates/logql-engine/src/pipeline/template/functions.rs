//! Loki's template functions (`pkg/logql/log/fmt.go` names the set) and Go's built-in ones: their
//! names, and what their arguments must be.

use super::{alerts, basics, dates, numbers, render::Scope, strings, value::Value};

/// What an argument must be. Go checks this before a function runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    Text,
    Int,
    Time,
    Any,
}

/// Fixed arguments, and what any number of further ones must be.
type Signature = (&'static str, &'static [Want], Option<Want>);

use Want::{Any, Int, Text, Time};

/// All functions of Loki, sorted by name.
const FUNCTIONS: &[Signature] = &[
    ("Replace", &[Text, Text, Text, Int], None),
    ("ToLower", &[Text], None),
    ("ToUpper", &[Text], None),
    ("Trim", &[Text, Text], None),
    ("TrimLeft", &[Text, Text], None),
    ("TrimPrefix", &[Text, Text], None),
    ("TrimRight", &[Text, Text], None),
    ("TrimSpace", &[Text], None),
    ("TrimSuffix", &[Text, Text], None),
    ("__line__", &[], None),
    ("__timestamp__", &[], None),
    ("add", &[], Some(Any)),
    ("addf", &[], Some(Any)),
    ("alignLeft", &[Int, Text], None),
    ("alignRight", &[Int, Text], None),
    ("and", &[Any], Some(Any)),
    ("b64dec", &[Text], None),
    ("b64enc", &[Text], None),
    ("bytes", &[Text], None),
    ("ceil", &[Any], None),
    ("contains", &[Text, Text], None),
    ("count", &[Text, Text], None),
    ("date", &[Text, Any], None),
    ("default", &[Any], Some(Any)),
    ("div", &[Any, Any], None),
    ("divf", &[Any], Some(Any)),
    ("duration", &[Text], None),
    ("duration_seconds", &[Text], None),
    ("eq", &[Any], Some(Any)),
    ("float64", &[Any], None),
    ("floor", &[Any], None),
    ("fromJson", &[Text], None),
    ("ge", &[Any, Any], None),
    ("gt", &[Any, Any], None),
    ("hasPrefix", &[Text, Text], None),
    ("hasSuffix", &[Text, Text], None),
    ("html", &[], Some(Any)),
    ("indent", &[Int, Text], None),
    ("index", &[Any], Some(Any)),
    ("int", &[Any], None),
    ("js", &[], Some(Any)),
    ("le", &[Any, Any], None),
    ("len", &[Any], None),
    ("lower", &[Text], None),
    ("lt", &[Any, Any], None),
    ("max", &[Any], Some(Any)),
    ("maxf", &[Any], Some(Any)),
    ("min", &[Any], Some(Any)),
    ("minf", &[Any], Some(Any)),
    ("mod", &[Any, Any], None),
    ("mul", &[Any], Some(Any)),
    ("mulf", &[Any], Some(Any)),
    ("ne", &[Any, Any], None),
    ("nindent", &[Int, Text], None),
    ("not", &[Any], None),
    ("now", &[], None),
    ("or", &[Any], Some(Any)),
    ("print", &[], Some(Any)),
    ("printf", &[Text], Some(Any)),
    ("println", &[], Some(Any)),
    ("regexReplaceAll", &[Text, Text, Text], None),
    ("regexReplaceAllLiteral", &[Text, Text, Text], None),
    ("repeat", &[Int, Text], None),
    ("replace", &[Text, Text, Text], None),
    ("round", &[Any, Int], Some(Any)),
    ("slice", &[Any], Some(Any)),
    ("sub", &[Any, Any], None),
    ("subf", &[Any], Some(Any)),
    ("substr", &[Int, Int, Text], None),
    ("title", &[Text], None),
    ("toDate", &[Text, Text], None),
    ("toDateInZone", &[Text, Text, Text], None),
    ("trim", &[Text], None),
    ("trimAll", &[Text, Text], None),
    ("trimPrefix", &[Text, Text], None),
    ("trimSuffix", &[Text, Text], None),
    ("trunc", &[Int, Text], None),
    ("unixEpoch", &[Time], None),
    ("unixEpochMillis", &[Time], None),
    ("unixEpochNanos", &[Time], None),
    ("unixToTime", &[Text], None),
    ("upper", &[Text], None),
    ("urldecode", &[Text], None),
    ("urlencode", &[Text], None),
    ("urlquery", &[], Some(Any)),
];

/// Those that only templates of alerting rules have (Prometheus), sorted.
const ALERT_FUNCTIONS: &[Signature] = &[
    ("externalURL", &[], None),
    ("first", &[Any], None),
    ("humanize", &[Any], None),
    ("humanize1024", &[Any], None),
    ("humanizeDuration", &[Any], None),
    ("humanizePercentage", &[Any], None),
    ("humanizeTimestamp", &[Any], None),
    ("match", &[Text, Text], None),
    ("parseDuration", &[Text], None),
    ("pathPrefix", &[], None),
    ("reReplaceAll", &[Text, Text, Text], None),
    ("safeHtml", &[Text], None),
    ("stripDomain", &[Text], None),
    ("stripPort", &[Text], None),
    ("toLower", &[Text], None),
    ("toTime", &[Any], None),
    ("toUpper", &[Text], None),
];

/// Why a call gave nothing.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Failure {
    /// The function said so.
    Error(String),
    /// Too few or too many arguments.
    Count(String),
    /// An argument is of the wrong kind.
    Kind { index: usize, reason: String },
}

fn signature(name: &str) -> Option<&'static Signature> {
    let find = |table: &'static [Signature]| {
        table.binary_search_by(|(found, ..)| (*found).cmp(name)).ok().and_then(|index| table.get(index))
    };
    find(FUNCTIONS).or_else(|| find(ALERT_FUNCTIONS))
}

/// The function's name, if there is such a function.
pub(super) fn name(word: &str, alerts: bool) -> Option<&'static str> {
    let known = alerts || FUNCTIONS.binary_search_by(|(found, ..)| (*found).cmp(word)).is_ok();
    signature(word).filter(|_| known).map(|(name, ..)| *name)
}

/// Calls a function.
pub(super) fn call(
    function: &'static str,
    mut values: Vec<Value>,
    scope: &Scope<'_>,
) -> Result<Value, Failure> {
    if let Some((_, fixed, further)) = signature(function) {
        check(function, &mut values, fixed, *further)?;
    }
    let arguments = Arguments { function, values };
    match function {
        "__line__" => Ok(Value::Text(scope.line.to_owned())),
        "__timestamp__" => Ok(Value::Time(i128::from(scope.timestamp_ns))),
        "add" | "sub" | "mul" | "div" | "mod" | "max" | "min" | "addf" | "subf" | "mulf" | "divf"
        | "maxf" | "minf" | "ceil" | "floor" | "round" | "int" | "float64" | "bytes" | "duration"
        | "duration_seconds" => numbers::call(&arguments),
        "date" | "now" | "toDate" | "toDateInZone" | "unixEpoch" | "unixEpochMillis" | "unixEpochNanos"
        | "unixToTime" => dates::call(&arguments),
        "and" | "or" | "not" | "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "default" | "len" | "index"
        | "slice" | "fromJson" => basics::call(&arguments),
        function if ALERT_FUNCTIONS.iter().any(|(name, ..)| *name == function) => alerts::call(&arguments),
        _ => strings::call(&arguments),
    }
    .map_err(Failure::Error)
}

fn check(function: &str, values: &mut [Value], fixed: &[Want], further: Option<Want>) -> Result<(), Failure> {
    let (want, got) = (fixed.len(), values.len());
    match further {
        Some(_) if got < want => {
            return Err(Failure::Count(format!(
                "wrong number of args for {function}: want at least {want} got {got}"
            )));
        }
        None if got != want => {
            return Err(Failure::Count(format!(
                "wrong number of args for {function}: want {want} got {got}"
            )));
        }
        _ => {}
    }
    let wants = fixed.iter().copied().chain(std::iter::repeat(further.unwrap_or(Any)));
    for (index, (value, want)) in values.iter_mut().zip(wants).enumerate() {
        let (fits, name) = match want {
            Any => (true, ""),
            Text => (matches!(value, Value::Text(_)), "string"),
            Int => (matches!(value, Value::Int(_)), "int"),
            Time => (matches!(value, Value::Time(_)), "time.Time"),
        };
        if !fits {
            let reason = match value {
                Value::Nothing => format!("invalid value; expected {name}"),
                other => format!("wrong type for value; expected {name}; got {}", other.kind()),
            };
            return Err(Failure::Kind { index, reason });
        }
    }
    Ok(())
}

/// The arguments of one call, checked.
pub(super) struct Arguments {
    pub(super) function: &'static str,
    pub(super) values: Vec<Value>,
}

const NOTHING: &Value = &Value::Nothing;

impl Arguments {
    pub(super) fn get(&self, index: usize) -> &Value {
        self.values.get(index).unwrap_or(NOTHING)
    }

    pub(super) fn text(&self, index: usize) -> String {
        self.get(index).text()
    }

    pub(super) fn int(&self, index: usize) -> i64 {
        self.get(index).int()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        assert!(FUNCTIONS.is_sorted_by_key(|(name, ..)| *name));
        assert!(ALERT_FUNCTIONS.is_sorted_by_key(|(name, ..)| *name));
    }
}
