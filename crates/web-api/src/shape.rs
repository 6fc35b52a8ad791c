//! An alert as the page gets it: Falco's keys, `time_ns` as text, and no integer that JavaScript
//! would round.

use serde_json::{Map, Number, Value};

/// Largest integer a JavaScript number holds exactly.
const JS_INTEGER_MAX: u64 = (1 << 53) - 1;

/// One row of the store on its way to the page.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) time_ns: i64,
    pub(crate) uuid: String,
    pub(crate) alert: Map<String, Value>,
}

impl Row {
    /// `None` when the line is no alert in Falco's JSON form.
    pub(crate) fn read(time_ns: i64, line: &str) -> Option<Row> {
        let Ok(Value::Object(alert)) = serde_json::from_str(line) else { return None };
        let text = |key: &str| alert.get(key).and_then(Value::as_str);
        let (Some(_), Some(_)) = (text("rule"), text("output")) else { return None };
        let uuid = text("uuid").unwrap_or("").to_owned();
        Some(Row { time_ns, uuid, alert })
    }

    /// Where the list goes on after this row.
    pub(crate) fn cursor(&self) -> String {
        format!("{}:{}", self.time_ns, self.uuid)
    }

    pub(crate) fn into_json(mut self) -> Value {
        self.alert.insert("time_ns".to_owned(), self.time_ns.to_string().into());
        self.alert.insert("cursor".to_owned(), self.cursor().into());
        self.alert.remove("message");
        let mut value = Value::Object(self.alert);
        keep_integers_exact(&mut value);
        value
    }
}

/// Reads what [`Row::cursor`] wrote.
pub(crate) fn parse_cursor(text: &str) -> Option<(i64, String)> {
    let (time_ns, uuid) = text.split_once(':')?;
    (uuid.len() <= 64).then_some(())?;
    Some((time_ns.parse().ok()?, uuid.to_owned()))
}

/// serde_json refuses nesting beyond 128, so the recursion ends.
fn keep_integers_exact(value: &mut Value) {
    let rounded = |number: &Number| {
        number.as_u64().is_some_and(|n| n > JS_INTEGER_MAX)
            || number.as_i64().is_some_and(|n| n.unsigned_abs() > JS_INTEGER_MAX)
    };
    match value {
        Value::Number(number) if rounded(number) => *value = Value::String(number.to_string()),
        Value::Array(values) => values.iter_mut().for_each(keep_integers_exact),
        Value::Object(object) => object.values_mut().for_each(keep_integers_exact),
        _ => {}
    }
}
