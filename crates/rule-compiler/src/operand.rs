//! Values that conditions and outputs are made of: fields, constants and transformed ones.

use std::borrow::Cow;

use event::{FieldSource, Value, ValueType};
use rule_syntax::{Argument, FieldExpr, Left, Span, Style, Transform, TransformKind, print_transform};

use crate::fields::{FieldError, FieldRef, FieldTable};

/// Something that has a value at an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A field.
    Field(FieldRef),
    /// A text constant.
    Text(Vec<u8>),
    /// Several values.
    List(Vec<Operand>),
    /// A transformer and what it works on.
    Transform {
        /// Which one.
        kind: TransformKind,
        /// Its arguments.
        arguments: Vec<Operand>,
        /// `getopt(...)[x]`.
        index: Option<String>,
        /// As written, for output fields and messages.
        text: String,
    },
}

/// A mistake in an operand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OperandError {
    pub(crate) message: String,
    pub(crate) span: Span,
    pub(crate) help: Option<String>,
    /// A field is unknown: `skip-if-unknown-filter` forgives it.
    pub(crate) is_unknown_field: bool,
}

impl OperandError {
    pub(crate) fn new(message: impl Into<String>, span: Span) -> Self {
        OperandError { message: message.into(), span, help: None, is_unknown_field: false }
    }
}

impl Operand {
    /// The value at this event, or `None` when it is missing.
    pub fn evaluate<'s, S: FieldSource + ?Sized>(&self, source: &'s S) -> Option<Value<'s>> {
        match self {
            Operand::Field(field) => field.extract(source),
            Operand::Text(text) => Some(Value::Text(Cow::Owned(text.clone()))),
            Operand::List(items) => {
                items.iter().map(|item| item.evaluate(source)).collect::<Option<_>>().map(Value::List)
            }
            Operand::Transform { kind, arguments, index, .. } => {
                let values: Vec<Value<'s>> =
                    arguments.iter().map(|argument| argument.evaluate(source)).collect::<Option<_>>()?;
                apply(*kind, values, index.as_deref())
            }
        }
    }

    /// Type of its value.
    pub fn value_type(&self) -> ValueType {
        match self {
            Operand::Field(field) => field.value_type,
            Operand::Transform { kind: TransformKind::Len, .. } => ValueType::Uint64,
            // b64 of a buffer is still a buffer.
            Operand::Transform { kind: TransformKind::B64, arguments, .. } => {
                arguments.first().map_or(ValueType::Charbuf, Operand::value_type)
            }
            _ => ValueType::Charbuf,
        }
    }

    /// Whether its value is a list.
    pub fn is_list(&self) -> bool {
        match self {
            Operand::Field(field) => field.is_list,
            Operand::List(_) => true,
            _ => false,
        }
    }

    /// Key in `output_fields`.
    pub fn text(&self) -> &str {
        match self {
            Operand::Field(field) => &field.text,
            Operand::Transform { text, .. } => text,
            Operand::Text(_) | Operand::List(_) => "",
        }
    }

    /// Calls `visit` for every field inside.
    pub fn fields<'o>(&'o self, visit: &mut dyn FnMut(&'o FieldRef)) {
        match self {
            Operand::Field(field) => visit(field),
            Operand::Text(_) => {}
            Operand::List(items) | Operand::Transform { arguments: items, .. } => {
                for item in items {
                    item.fields(visit);
                }
            }
        }
    }

    pub(crate) fn lower(left: &Left, table: FieldTable) -> Result<Operand, OperandError> {
        match left {
            Left::Field(field) => Operand::lower_field(field, table).map(Operand::Field),
            Left::Transform(transform) => Operand::lower_transform(transform, table),
        }
    }

    pub(crate) fn lower_field(field: &FieldExpr, table: FieldTable) -> Result<FieldRef, OperandError> {
        table.resolve(field).map_err(|error| match error {
            FieldError::Unknown(name) => OperandError {
                message: format!("filter_check called with nonexistent field {name}"),
                span: field.span,
                help: table.similar(&name).map(|similar| format!("did you mean `{similar}`?")),
                is_unknown_field: true,
            },
            FieldError::Argument(message) => OperandError::new(message, field.span),
        })
    }

    pub(crate) fn lower_transform(transform: &Transform, table: FieldTable) -> Result<Operand, OperandError> {
        let kind = transform.kind;
        let arguments: Vec<Operand> = transform
            .arguments
            .iter()
            .map(|argument| lower_argument(argument, table))
            .collect::<Result<_, _>>()?;
        let refuse = |message: String| Err(OperandError::new(message, transform.span));
        for argument in &arguments {
            let mut ancestors = None;
            argument.fields(&mut |field| {
                if field.is_of_ancestors() {
                    ancestors = Some(field.text.clone());
                }
            });
            if let Some(field) = ancestors {
                return refuse(format!("field '{field}' does not support transformers"));
            }
        }
        let wanted_count = match kind {
            TransformKind::Join | TransformKind::Getopt => 2..=2,
            TransformKind::Concat => 2..=usize::MAX,
            _ => 1..=1,
        };
        if !wanted_count.contains(&arguments.len()) {
            return refuse(format!(
                "unknown field transfomer '{}' with {} arguments",
                kind.name(),
                arguments.len()
            ));
        }
        check_arguments(kind, &arguments).map_err(|message| OperandError::new(message, transform.span))?;
        Ok(Operand::Transform {
            kind,
            arguments,
            index: transform.index.clone(),
            text: print_transform(transform, Style::Falco),
        })
    }
}

fn lower_argument(argument: &Argument, table: FieldTable) -> Result<Operand, OperandError> {
    Ok(match argument {
        Argument::Field(field) => Operand::Field(Operand::lower_field(field, table)?),
        Argument::Transform(transform) => Operand::lower_transform(transform, table)?,
        Argument::Text(word) | Argument::Number(word) => Operand::Text(word.text.clone().into_bytes()),
        Argument::List(items) => {
            Operand::List(items.iter().map(|item| lower_argument(item, table)).collect::<Result<_, _>>()?)
        }
    })
}

fn check_arguments(kind: TransformKind, arguments: &[Operand]) -> Result<(), String> {
    let is_text = |operand: &Operand| operand.value_type() == ValueType::Charbuf && !operand.is_list();
    let first = arguments.first();
    let second = arguments.get(1);
    match kind {
        TransformKind::ToLower | TransformKind::ToUpper | TransformKind::Basename => {
            require(first, kind, |operand| is_text(operand))
        }
        TransformKind::B64 => require(first, kind, |operand| {
            !operand.is_list() && matches!(operand.value_type(), ValueType::Charbuf | ValueType::Bytebuf)
        }),
        TransformKind::Len => require(first, kind, |operand| {
            operand.is_list() || matches!(operand.value_type(), ValueType::Charbuf | ValueType::Bytebuf)
        }),
        TransformKind::Join => match (first, second) {
            (_, Some(list)) if !list.is_list() => Err("join() second argument must be a list".to_owned()),
            (Some(separator), _) if !is_text(separator) => {
                Err("join() first argument must be a string".to_owned())
            }
            _ => Ok(()),
        },
        TransformKind::Concat if !arguments.iter().all(is_text) => {
            Err("concat() arguments must be strings".to_owned())
        }
        TransformKind::Concat => Ok(()),
        TransformKind::Getopt => match (first, second) {
            (Some(list), _) if !list.is_list() => Err("getopt() first argument must be a list".to_owned()),
            (_, Some(Operand::Text(_))) => Ok(()),
            _ => Err("getopt() second argument must be a string".to_owned()),
        },
    }
}

fn require(
    operand: Option<&Operand>,
    kind: TransformKind,
    accepts: impl Fn(&Operand) -> bool,
) -> Result<(), String> {
    let Some(operand) = operand else { return Ok(()) };
    if accepts(operand) {
        return Ok(());
    }
    Err(format!(
        "can't add field transformer: type '{}' is not supported by '{}' transformer applied on field '{}'",
        type_name(operand.value_type()),
        kind.name(),
        operand.text()
    ))
}

/// As Falco prints types.
pub(crate) fn type_name(value_type: ValueType) -> String {
    format!("{value_type:?}").to_uppercase()
}

fn apply<'s>(kind: TransformKind, values: Vec<Value<'s>>, index: Option<&str>) -> Option<Value<'s>> {
    let mut values = values.into_iter();
    let first = values.next()?;
    match kind {
        TransformKind::ToLower => bytes(&first).map(|text| owned(text.to_ascii_lowercase())),
        TransformKind::ToUpper => bytes(&first).map(|text| owned(text.to_ascii_uppercase())),
        TransformKind::B64 => decode_base64(bytes(&first)?).map(owned),
        TransformKind::Basename => {
            let text = bytes(&first)?;
            let after = memchr::memrchr(b'/', text).map_or(0, |slash| slash + 1);
            text.get(after..).map(|name| owned(name.to_vec()))
        }
        TransformKind::Len => Some(Value::Uint(match &first {
            Value::List(items) => items.len() as u64,
            other => bytes(other)?.len() as u64,
        })),
        TransformKind::Join => {
            let Some(Value::List(items)) = values.next() else { return None };
            let parts: Vec<Vec<u8>> = items.iter().map(printed).collect();
            Some(owned(parts.join(bytes(&first)?)))
        }
        TransformKind::Concat => {
            let mut out = bytes(&first)?.to_vec();
            for value in values {
                out.extend_from_slice(bytes(&value)?);
            }
            Some(owned(out))
        }
        TransformKind::Getopt => {
            let Value::List(items) = first else { return None };
            let options = values.next()?;
            getopt(&items, bytes(&options)?, index?.as_bytes().first().copied()?)
        }
    }
}

fn owned<'s>(text: Vec<u8>) -> Value<'s> {
    Value::Text(Cow::Owned(text))
}

fn bytes<'v>(value: &'v Value<'_>) -> Option<&'v [u8]> {
    match value {
        Value::Text(text) | Value::Bytes(text) => Some(text),
        _ => None,
    }
}

fn printed(value: &Value<'_>) -> Vec<u8> {
    match value {
        Value::Int(number) => number.to_string().into_bytes(),
        Value::Uint(number) => number.to_string().into_bytes(),
        Value::Bool(truth) => truth.to_string().into_bytes(),
        other => bytes(other).unwrap_or_default().to_vec(),
    }
}

/// Short options as `getopt` reads them: the last one wins, long ones are skipped, `--` and the
/// first plain argument end them. An option without a value is an empty text.
fn getopt<'s>(arguments: &[Value<'_>], options: &[u8], wanted: u8) -> Option<Value<'s>> {
    let mut found = None;
    let mut arguments = arguments.iter().filter_map(bytes);
    while let Some(argument) = arguments.next() {
        if argument == b"--" || argument == b"-" || argument.first() != Some(&b'-') {
            break;
        }
        if argument.starts_with(b"--") {
            continue;
        }
        for (at, letter) in argument.iter().enumerate().skip(1) {
            let position = options.iter().position(|option| option == letter && *option != b':');
            let takes_value = position.is_some_and(|at| options.get(at + 1) == Some(&b':'));
            if !takes_value {
                if *letter == wanted && position.is_some() {
                    found = Some(Vec::new());
                }
                continue;
            }
            let rest = argument.get(at + 1..).unwrap_or(&[]);
            let value = if rest.is_empty() { arguments.next() } else { Some(rest) };
            if *letter == wanted {
                found = value.map(<[u8]>::to_vec);
            }
            break;
        }
    }
    found.map(owned)
}

/// Standard alphabet, padding optional; anything else has no value.
fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    let trimmed = match text {
        [head @ .., b'=', b'='] | [head @ .., b'='] => head,
        all => all,
    };
    let mut out = Vec::with_capacity(trimmed.len() / 4 * 3 + 2);
    let (mut buffer, mut bits) = (0u32, 0u32);
    for byte in trimmed {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        buffer = buffer << 6 | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((buffer >> bits) as u8);
        }
    }
    (bits < 6).then_some(out)
}
