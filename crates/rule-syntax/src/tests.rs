//! Accepted and refused texts; printing and parsing are inverse.

use proptest::prelude::*;

use crate::{
    Argument, Check, Expr, ExprKind, FieldExpr, Left, Modifier, Operator, Right, Span, Style, Token,
    Transform, TransformKind, Word, limits, parse, parse_output, print,
};

/// The condition, printed again; or what is wrong and where.
fn check(text: &str, expected: &str) {
    let (expr, diagnostics) = parse(text);
    let got = match diagnostics.first() {
        Some(diagnostic) => format!("{}: {}", diagnostic.span.start, diagnostic.message),
        None => print(&expr, Style::Exact),
    };
    assert!(
        got == expected || (!diagnostics.is_empty() && got.starts_with(expected)),
        "{text}\n{got}\n{expected}"
    );
}

#[test]
fn conditions_parse() {
    check("evt.type=open", "evt.type = open");
    check("not evt.type = open", "not evt.type = open");
    check("not not evt.type = open", "evt.type = open");
    check("not(a.b=c)", "not a.b = c");
    check("a.b=c or(a.b=d and m)", "(a.b = c or (a.b = d and m))");
    check("((a.b exists))", "a.b exists");
    check("a.b in (x, \"y z\") and c.d >= -3", "(a.b in (x, \"y z\") and c.d >= -3)");
    check("a.b in x", "a.b in x");
    check("a.b[\"c d\"] startswith oneof (a,b)", "a.b[\"c d\"] startswith oneof (a, b)");
    check("a.b = val( c.d )", "a.b = val(c.d)");
    check("len(join(\",\", (a.b, c.d))) > 3", "len(join(\",\", (a.b, c.d))) > 3");
    check(r#"a.b = "q\"\\\/""#, r#"a.b = "q\"\\/""#);
    check("a.b = oneof", "a.b = \"oneof\"");
}

#[test]
fn mistakes_have_places() {
    check("", "0: expected a '(' token, a field check, or an identifier");
    check("a.b", "3: expected a valid check operator");
    check("(a.b = c", "8: expected a ')' token");
    check("a.b = c)", "7: unexpected token after 'c'");
    check("a.b = c d", "8: unexpected token after 'c'");
    check("a.b < x", "6: expected a number value");
    check("a.b contains(x)", "4: expected a valid check operator");
    check("a.b in (x,)", "10: expected a string value");
    check(r#"a.b = "\q""#, "7: unsupported string escape sequence: \\q");
    check("a.b = \"a\0\"", "6: filter value cannot contain a NUL byte");
    check("a.b[] = c", "4: expected a valid field argument");
    check("a.b = val(\"x\")", "10: expected a field within 'val' transformer");
}

#[test]
fn depth_is_bounded() {
    let parentheses = |count: usize| format!("{}a.b exists{}", "(".repeat(count), ")".repeat(count));
    check(&parentheses(2_000), "a.b exists");
    check(&parentheses(100_000), &format!("{}: more than", limits::PARENTHESES_MAX));
    let nots = format!("{}a.b exists{}", "not (".repeat(2_000), ")".repeat(2_000));
    check(&nots, "0: condition is nested deeper than");
    let transforms = format!("{}a.b{} = c", "tolower(".repeat(100), ")".repeat(100));
    assert!(parse(&transforms).1[0].message.contains("nested deeper"));
}

#[test]
fn outputs_parse() {
    let fields = |text: &str| -> Vec<String> {
        let (format, diagnostics) = parse_output(text, &|name, argument| {
            name == "proc.name" && argument.is_none() || name == "proc.aname"
        });
        if let Some(diagnostic) = diagnostics.first() {
            return vec![diagnostic.message.clone()];
        }
        format
            .tokens
            .iter()
            .map(|token| match token {
                Token::Text(text) => format!("{text:?}"),
                Token::Value { operand: Left::Field(field), width, .. } => format!("{}{width:?}", field.name),
                Token::Value { operand: Left::Transform(transform), .. } => transform.kind.name().to_owned(),
            })
            .collect()
    };
    assert_eq!(fields("a %proc.namex"), ["\"a \"", "proc.nameNone", "\"x\""]);
    assert_eq!(fields("%10proc.name[2]"), ["proc.nameSome(10)", "\"[2]\""]);
    assert_eq!(fields("%tolower(proc.name)!"), ["tolower", "\"!\""]);
    assert_eq!(fields("50%"), ["invalid formatting syntax: formatting cannot end with a %"]);
    assert_eq!(fields("%proc.nope"), ["invalid formatting token proc.nope"]);
}

fn word() -> impl Strategy<Value = Word> {
    "[ -~é]{0,8}".prop_map(|text| Word { text, span: Span::default() })
}

fn field() -> impl Strategy<Value = FieldExpr> {
    ("[a-z]{1,4}\\.[a-z]{1,4}", proptest::option::of("[ -~]{1,5}"))
        .prop_filter("a transformer's name needs a parenthesis, a field's a dot", |_| true)
        .prop_map(|(name, argument)| FieldExpr { name, argument, span: Span::default() })
}

fn transform() -> impl Strategy<Value = Transform> {
    let leaf = prop_oneof![
        field().prop_map(Argument::Field),
        word().prop_map(Argument::Text),
        "[0-9]{1,4}".prop_map(|text| Argument::Number(Word { text, span: Span::default() })),
        proptest::collection::vec(field().prop_map(Argument::Field), 0..3).prop_map(Argument::List),
    ];
    let make = |arguments: Vec<Argument>, kind: usize| Transform {
        kind: TransformKind::ALL[kind % TransformKind::ALL.len()],
        arguments,
        index: None,
        span: Span::default(),
    };
    leaf.prop_recursive(3, 8, 3, move |inner| {
        (proptest::collection::vec(inner, 1..3), any::<usize>())
            .prop_map(move |(arguments, kind)| Argument::Transform(make(arguments, kind)))
    })
    .prop_flat_map(move |argument| any::<usize>().prop_map(move |kind| make(vec![argument.clone()], kind)))
}

fn comparison() -> impl Strategy<Value = Check> {
    let left = prop_oneof![field().prop_map(Left::Field), transform().prop_map(Left::Transform)];
    let right = prop_oneof![
        word().prop_map(Right::Value),
        proptest::collection::vec(word(), 0..4).prop_map(Right::List),
        field().prop_map(Right::Field),
        transform().prop_map(Right::Transform),
    ];
    (left, 0..20usize, right, proptest::option::of(0..3usize), "-?[0-9]{1,5}").prop_map(
        |(left, operator, right, modifier, number)| {
            let operator = Operator::ALL[operator];
            let mut modifier = modifier.map(|modifier| Modifier::ALL[modifier]);
            let right = match (operator, right) {
                (Operator::Exists, _) => Right::None,
                (_, right @ (Right::Field(_) | Right::Transform(_))) => {
                    modifier = None;
                    right
                }
                (Operator::Lt | Operator::Le | Operator::Gt | Operator::Ge, _) => {
                    Right::Value(Word { text: number, span: Span::default() })
                }
                (operator, Right::Value(word)) if operator.takes_list() || modifier.is_some() => {
                    Right::List(vec![word])
                }
                (operator, Right::List(_)) if !operator.takes_list() && modifier.is_none() => {
                    Right::Value(Word { text: String::new(), span: Span::default() })
                }
                (_, right) => right,
            };
            if !operator.takes_modifier() || matches!(right, Right::Field(_) | Right::Transform(_)) {
                modifier = None;
            }
            Check { left, operator, modifier, right, operator_span: Span::default() }
        },
    )
}

fn condition() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        comparison().prop_map(|check| ExprKind::Check(Box::new(check))),
        "[a-z]{1,3}[A-Z0-9_]{1,3}".prop_map(ExprKind::Macro),
    ]
    .prop_map(|kind| Expr { kind, span: Span::default() });
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(ExprKind::And),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(ExprKind::Or),
            inner.prop_map(|child| ExprKind::Not(Box::new(child))),
        ]
        .prop_map(|kind| Expr { kind, span: Span::default() })
    })
}

/// The tree as text of its debug form, without places.
fn shape(expr: &Expr) -> String {
    let text = format!("{expr:?}");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find("Span {") {
        out.push_str(&rest[..at]);
        rest = rest[at..].split_once('}').map_or("", |(_, after)| after);
    }
    out + rest
}

proptest! {
    #[test]
    fn printing_and_parsing_are_inverse(expr in condition()) {
        let text = print(&expr, Style::Exact);
        let (parsed, diagnostics) = parse(&text);
        prop_assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
        prop_assert_eq!(shape(&parsed), shape(&expr), "{}", text);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[a-z .()=<>!\"'\\\\,\\[\\]%é0-9]{0,60}") {
        let (_, diagnostics) = parse(&text);
        for diagnostic in diagnostics {
            prop_assert!(diagnostic.span.end <= text.len() + 1);
        }
        parse_output(&text, &|name, _| name.len() == 3);
    }
}
