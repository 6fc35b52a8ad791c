//! One check of a condition: types, operators and constants verified, and made into a
//! [`Predicate`].

use std::collections::HashSet;

use event::{ValueType, field_id};
use memchr::memmem::Finder;
use rule_syntax::{Check, Left, Operator, Right, Span, TransformKind, Word};

use crate::{
    constants,
    events::{self, CodeSet},
    fields::{FieldRef, FieldTable},
    glob::Glob,
    limits::{PATH_CONSTANT_BYTES_MAX, REGEX_BYTES_MAX},
    operand::{Operand, OperandError, type_name},
    path_set::PathSet,
    test::Test,
};

/// A check, ready to run.
#[derive(Debug, Clone)]
pub(crate) enum Predicate {
    /// A value against constants.
    Test(Operand, Test),
    /// A value against another one.
    Compare(Operand, Operator, Operand),
    /// `evt.type` against names: decided by the event code, except for generic events, whose
    /// name is looked up.
    Event {
        /// Codes that satisfy it.
        codes: CodeSet,
        /// For generic events.
        otherwise: Box<(Operand, Test)>,
    },
}

/// A predicate with what it wants to be warned about.
pub(crate) struct Lowered {
    pub(crate) predicate: Predicate,
    pub(crate) warnings: Vec<(String, Span)>,
}

pub(crate) fn lower(check: &Check, table: FieldTable) -> Result<Lowered, OperandError> {
    let operand = Operand::lower(&check.left, table)?;
    let span = match &check.left {
        Left::Field(field) => field.span,
        Left::Transform(transform) => transform.span,
    };
    let at_operator = |message: String| OperandError::new(message, check.operator_span);
    let mut warnings = Vec::new();
    let other = match &check.right {
        Right::Field(field) => Some(Operand::Field(Operand::lower_field(field, table)?)),
        Right::Transform(transform) => Some(Operand::lower_transform(transform, table)?),
        _ => None,
    };
    let is_event_type = is_event_type(&operand);
    if let Some(other) = other {
        if is_event_type && !table.is_plain_filter {
            return Err(OperandError::new(
                "evt.type cannot be compared with a field: event code search does not support it",
                span,
            ));
        }
        comparable(&operand, check.operator).map_err(at_operator)?;
        check_right_side(check.operator, &operand, &other)
            .map_err(|message| OperandError::new(message, span))?;
        return Ok(Lowered { predicate: Predicate::Compare(operand, check.operator, other), warnings });
    }
    let is_transformed = matches!(&operand, Operand::Transform { .. });
    if is_transformed && !table.is_plain_filter && operand_uses_event_type(&operand) {
        return Err(OperandError::new(
            "event code search does not support `evt.type` checks with transformers",
            span,
        ));
    }
    comparable(&operand, check.operator).map_err(at_operator)?;
    let words: &[Word] = match &check.right {
        Right::Value(word) => std::slice::from_ref(word),
        Right::List(words) => words,
        _ => &[],
    };
    if is_event_type {
        verify_event_names(check.operator, words)?;
    }
    for word in words {
        warn(check.operator, word, table, &mut warnings);
    }
    let test = match check.modifier {
        Some(modifier) => Test::Many(
            modifier,
            words
                .iter()
                .map(|word| single(check.operator, word, &operand))
                .collect::<Result<_, _>>()
                .map_err(|(message, at)| OperandError::new(message, at))?,
        ),
        None => {
            test(check.operator, words, &operand).map_err(|(message, at)| OperandError::new(message, at))?
        }
    };
    // Of several ancestors one that differs is enough (Falco); of a socket's ends both must.
    let test = match &operand {
        Operand::Field(field) if field.is_of_ancestors() && test.is_negative() => Test::OfAny(Box::new(test)),
        _ => test,
    };
    let predicate = match event_codes(check, is_event_type) {
        Some(codes) => Predicate::Event { codes, otherwise: Box::new((operand, test)) },
        None => Predicate::Test(operand, test),
    };
    Ok(Lowered { predicate, warnings })
}

fn is_event_type(operand: &Operand) -> bool {
    matches!(operand, Operand::Field(field) if field.id == Some(field_id::EVT_TYPE))
}

fn operand_uses_event_type(operand: &Operand) -> bool {
    let mut uses = false;
    operand.fields(&mut |field| uses |= field.id == Some(field_id::EVT_TYPE));
    uses
}

fn event_codes(check: &Check, is_event_type: bool) -> Option<CodeSet> {
    if !is_event_type || check.modifier.is_some() {
        return None;
    }
    let words: Vec<&str> = match &check.right {
        Right::Value(word) => vec![word.text.as_str()],
        Right::List(words) => words.iter().map(|word| word.text.as_str()).collect(),
        _ => return None,
    };
    let named = events::codes_named(words);
    match check.operator {
        Operator::Eq | Operator::EqEq | Operator::In => Some(named),
        Operator::Ne => Some(CodeSet::all().without(&named)),
        _ => None,
    }
}

fn verify_event_names(operator: Operator, words: &[Word]) -> Result<(), OperandError> {
    if matches!(operator, Operator::StartsWith | Operator::EndsWith | Operator::Contains) {
        return Ok(());
    }
    match words.iter().find(|word| !events::is_known(&word.text)) {
        Some(word) => {
            let mut error = OperandError::new(format!("unknown event type {}", word.text), word.span);
            error.help = events::similar(&word.text).map(|similar| format!("did you mean `{similar}`?"));
            Err(error)
        }
        None => Ok(()),
    }
}

/// A constant that reads like a field, or a pattern that a cheaper operator could express.
fn warn(operator: Operator, word: &Word, table: FieldTable, warnings: &mut Vec<(String, Span)>) {
    let text = &word.text;
    if operator == Operator::Regex {
        let core = text.strip_prefix(".*").unwrap_or(text);
        let core = core.strip_suffix(".*").unwrap_or(core);
        if !core.bytes().any(|byte| b"\\.+*?()|[]{}^$".contains(&byte)) {
            warnings.push((
                format!(
                    "regex check with '{text}' may be optimized with simpler operators such as '=', 'contains', 'startswith', 'endswith'"
                ),
                word.span,
            ));
        }
    }
    match rule_syntax::parse_operand(text) {
        Ok(Left::Field(field)) if table.resolve(&field).is_ok() => warnings.push((
            format!("'{text}' may be a valid field misused as a const string value: write val({text})"),
            word.span,
        )),
        Ok(Left::Transform(_)) => warnings.push((
            format!("'{text}' may be a valid field transformer misused as a const string value"),
            word.span,
        )),
        _ if TransformKind::ALL.iter().any(|kind| text.starts_with(&format!("{}(", kind.name()))) => warnings
            .push((
                format!("'{text}' may be a valid field transformer misused as a const string value"),
                word.span,
            )),
        _ => {}
    }
}

/// Falco's table of operators per type.
fn comparable(operand: &Operand, operator: Operator) -> Result<(), String> {
    use Operator::{
        BContains, BStartsWith, Contains, EndsWith, Eq, EqEq, Exists, Ge, Gt, In, Intersects, Le, Lt, Ne,
        StartsWith,
    };
    let refuse =
        |what: &str| Err(format!("filter error: '{}' operator not supported {what}", operator.name()));
    if operand.is_list() {
        return if matches!(operator, In | Intersects | Exists) { Ok(()) } else { refuse("list filters") };
    }
    let is_common = matches!(operator, Eq | EqEq | Ne | In | Intersects | Exists);
    let is_order = matches!(operator, Lt | Le | Gt | Ge);
    match operand.value_type() {
        ValueType::Charbuf if matches!(operator, BContains | BStartsWith) => refuse("for string filters"),
        ValueType::Charbuf => Ok(()),
        ValueType::Bytebuf
            if is_common
                || matches!(operator, Contains | StartsWith | EndsWith | BContains | BStartsWith) =>
        {
            Ok(())
        }
        ValueType::Bytebuf => refuse("for buffer filters"),
        ValueType::Ipaddr | ValueType::Ipnet if is_common => Ok(()),
        ValueType::Ipaddr | ValueType::Ipnet => refuse("for ip address and network filters"),
        ValueType::Bool if is_common => Ok(()),
        _ if is_common || (is_order && operand.value_type() != ValueType::Bool) => Ok(()),
        _ => refuse("for numeric filters"),
    }
}

fn check_right_side(operator: Operator, left: &Operand, right: &Operand) -> Result<(), String> {
    if matches!(operator, Operator::Regex | Operator::PMatch) {
        return Err(format!(
            "operator '{}' doesn't support right-hand side fields",
            operator.name().to_uppercase()
        ));
    }
    if left.value_type() == ValueType::Ipnet {
        return Err("field type 'IPNET' doesn't support right-hand side fields".to_owned());
    }
    if let Operand::Field(field) = left
        && cannot_be_compared(field)
    {
        return Err(format!("field '{}' doesn't support right-hand side fields", field.text));
    }
    if let Operand::Field(field) = right
        && cannot_be_compared(field)
    {
        return Err(format!("field '{}' can't be used as a right-hand side field", field.text));
    }
    let (a, b) = (left.value_type(), right.value_type());
    if a != b || left.is_list() != right.is_list() {
        return Err(format!(
            "field '{}' has type '{}' while the right-hand side field '{}' has incompatible type '{}'",
            left.text(),
            type_name(a),
            right.text(),
            type_name(b)
        ));
    }
    Ok(())
}

/// Fields with several values, or whose value depends on what they are compared with.
fn cannot_be_compared(field: &FieldRef) -> bool {
    let name = field.id.map_or("", event::FieldId::name);
    let is_endpoint = matches!(
        name,
        "fd.ip"
            | "fd.port"
            | "fd.net"
            | "fd.cnet"
            | "fd.snet"
            | "fd.lnet"
            | "fd.rnet"
            | "evt.rawarg"
            | "evt.around"
    ) || (name.starts_with("fd.") && name.ends_with("ip.name"));
    is_endpoint || field.is_of_ancestors() || (name.starts_with("proc.a") && name != "proc.args")
}

type TestError = (String, Span);

fn test(operator: Operator, words: &[Word], operand: &Operand) -> Result<Test, TestError> {
    match operator {
        Operator::Exists => Ok(Test::Exists),
        Operator::In if operand.is_list() => Ok(Test::Every(Box::new(set(words, operand)?))),
        Operator::In | Operator::Intersects => set(words, operand),
        Operator::PMatch => {
            for word in words {
                if word.text.len() > PATH_CONSTANT_BYTES_MAX {
                    return Err((
                        format!(
                            "filter parameter too long (used={}, available={}): {}",
                            word.text.len() + 1,
                            PATH_CONSTANT_BYTES_MAX + 1,
                            word.text
                        ),
                        word.span,
                    ));
                }
            }
            Ok(Test::Paths(Box::new(PathSet::new(words.iter().map(|word| word.text.as_bytes())))))
        }
        _ => match words {
            [word] => single(operator, word, operand),
            _ => Err(("expected one value".to_owned(), Span::default())),
        },
    }
}

fn single(operator: Operator, word: &Word, operand: &Operand) -> Result<Test, TestError> {
    let text = word.text.as_str();
    let bytes = || text.as_bytes().into();
    let at = |message: String| (message, word.span);
    let is_not = operator == Operator::Ne;
    Ok(match operand.value_type() {
        ValueType::Charbuf | ValueType::Bytebuf => match operator {
            Operator::Ne => Test::TextIsNot(bytes()),
            Operator::Contains => Test::Contains(Box::new(Finder::new(text.as_bytes()).into_owned())),
            Operator::IContains => Test::ContainsFolded(text.to_ascii_lowercase().into_bytes().into()),
            Operator::StartsWith => Test::StartsWith(bytes()),
            Operator::EndsWith => Test::EndsWith(bytes()),
            Operator::Glob => Test::Glob(Glob::new(text.as_bytes(), false)),
            Operator::IGlob => Test::Glob(Glob::new(text.as_bytes(), true)),
            Operator::Regex => Test::Regex(Box::new(regex(text).map_err(at)?)),
            Operator::BContains => {
                let needle = constants::hex_bytes(text).map_err(at)?;
                Test::Contains(Box::new(Finder::new(&needle).into_owned()))
            }
            Operator::BStartsWith => Test::StartsWith(constants::hex_bytes(text).map_err(at)?.into()),
            Operator::Lt | Operator::Le | Operator::Gt | Operator::Ge => Test::TextOrder(operator, bytes()),
            _ => Test::TextIs(bytes()),
        },
        ValueType::Bool => {
            let truth = constants::boolean(text).map_err(at)?;
            if is_not { Test::BoolNot(truth) } else { Test::Bool(truth) }
        }
        ValueType::Ipaddr => {
            let address = constants::address(text).map_err(at)?;
            if is_not { Test::IpNot(address) } else { Test::Ip(address) }
        }
        ValueType::Ipnet => {
            let net = constants::network(text).map_err(at)?;
            if is_not { Test::NetNot(net) } else { Test::Net(net) }
        }
        number_type => {
            let number = constants::number(text, number_type).map_err(at)?;
            Test::Number(if operator == Operator::EqEq { Operator::Eq } else { operator }, number)
        }
    })
}

fn set(words: &[Word], operand: &Operand) -> Result<Test, TestError> {
    fn each<T, C: FromIterator<T>>(
        words: &[Word],
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<C, TestError> {
        words.iter().map(|word| parse(&word.text).map_err(|message| (message, word.span))).collect()
    }
    Ok(match operand.value_type() {
        ValueType::Charbuf | ValueType::Bytebuf => {
            Test::TextIn(words.iter().map(|word| word.text.as_bytes().into()).collect())
        }
        ValueType::Bool => {
            let truths: Vec<bool> = each(words, constants::boolean)?;
            Test::BoolIn { yes: truths.contains(&true), no: truths.contains(&false) }
        }
        ValueType::Ipaddr => Test::IpIn(each(words, constants::address)?),
        ValueType::Ipnet => Test::NetIn(each(words, constants::network)?),
        number_type => {
            let numbers: Vec<constants::Number> = each(words, |text| constants::number(text, number_type))?;
            Test::NumberIn(numbers.into_iter().flatten().collect::<HashSet<_, _>>())
        }
    })
}

/// RE2's POSIX syntax: no Perl classes, no inline flags; the whole text has to match.
fn regex(pattern: &str) -> Result<regex::bytes::Regex, String> {
    let mut bytes = pattern.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                if let Some(escape) = bytes.next()
                    && b"dDsSwWbBAzZ".contains(&escape)
                {
                    return Err(format!(
                        "invalid regex pattern: invalid escape sequence: \\{}",
                        char::from(escape)
                    ));
                }
            }
            b'(' if bytes.peek() == Some(&b'?') => {
                return Err("invalid regex pattern: missing argument to repetition operator: ?".to_owned());
            }
            _ => {}
        }
    }
    regex::bytes::RegexBuilder::new(&format!("\\A(?:{pattern})\\z"))
        .size_limit(REGEX_BYTES_MAX)
        .build()
        .map_err(|error| {
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned();
            format!("invalid regex pattern: {reason}: {pattern}")
        })
}
