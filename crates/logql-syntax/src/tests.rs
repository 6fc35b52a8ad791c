//! Queries in, canonical text or Loki's error out.

use proptest::prelude::*;

use crate::{parse, parse_selector, pretty};

fn check(query: &str, expected: &str) {
    let found = match parse(query) {
        Ok(expr) => expr.to_string(),
        Err(error) => error.to_string(),
    };
    assert_eq!(found, expected, "{query}");
}

#[test]
fn canonical_text() {
    for (query, expected) in [
        ("{a=\"b\",c=~`d.*`}|=\"x\"!~\"y\"", r#"{a="b", c=~"d.*"} |= "x" !~ "y""#),
        (r#"{a="b"} |= "x" or "y" != ip("10.0.0.0/8")"#, r#"{a="b"} |= "x" or "y" != ip("10.0.0.0/8")"#),
        (r#"{a="b"} |> "<_> x""#, r#"{a="b"} |> "<_> x""#),
        (
            r#"{a="b"}|json x, y="z[0]"|x>5,y="1" or z<=2KB"#,
            r#"{a="b"} | json x="x",y="z[0]" | ( ( x>5 , y="1" ) or z<=2.0kB )"#,
        ),
        (
            r#"{a="b"}|logfmt --strict --keep-empty|drop x,y="z"|keep q"#,
            r#"{a="b"} | logfmt --strict --keep-empty | drop x,y="z" | keep q"#,
        ),
        (
            r#"sum(rate({a="b"}[5m])) by (x) / 2 > bool 1"#,
            r#"((sum by (x)(rate({a="b"}[5m])) / 2) > bool 1)"#,
        ),
        (r#"2 ^ 3 ^ 2"#, "512"),
        (r#"vector(2) ^ 3 ^ 2 - 1"#, "((vector(2.000000) ^ 9) - 1)"),
        (r#"rate({a="b"}[5m] offset 1h | json)"#, r#"rate({a="b"} | json[5m] offset 1h0m0s)"#),
        (
            r#"quantile_over_time(0.9,{a="b"}|json|unwrap duration(d)|d>5 [1d]) by (x)"#,
            r#"quantile_over_time(0.9,{a="b"} | json | unwrap duration(d) | d>5[1d]) by (x)"#,
        ),
        (r#"SUM(Count_Over_Time({a="b"}[90s]))"#, r#"sum(count_over_time({a="b"}[1m30s]))"#),
        (r#"{a="b"} | sum > 5"#, r#"{a="b"} | sum>5"#),
        ("{a=\"b\"} # a comment\n", r#"{a="b"}"#),
    ] {
        check(query, expected);
    }
}

#[test]
fn errors_have_lokis_place_and_words() {
    for (query, expected) in [
        ("", "parse error : syntax error: unexpected $end"),
        ("{", "parse error at line 1, col 2: syntax error: unexpected $end, expecting IDENTIFIER or }"),
        ("{a", "parse error at line 1, col 3: syntax error: unexpected $end, expecting = or =~ or !~ or !="),
        ("{a=\"b\"}\n| json |", "parse error at line 2, col 9: syntax error: unexpected $end"),
        ("{a=\"b", "parse error at line 1, col 4: literal not terminated"),
        (
            "count_over_time({a=\"b\"}[5x])",
            "parse error at line 0, col 24: not a valid duration string: \"5x\"",
        ),
        ("{a=~\"(\"}", "parse error : error parsing regexp: missing closing ): `(`"),
        ("topk(sum(rate({a=\"b\"}[1m])))", "parse error : parameter required for operation topk"),
    ] {
        check(query, expected);
    }
}

#[test]
fn bare_selectors() {
    assert_eq!(parse_selector("{}").map(|matchers| matchers.len()), Ok(0));
    let error = parse_selector(r#"{a="b"} | json"#).unwrap_err();
    assert_eq!(error.message, "only label matchers are supported");
}

#[test]
fn nesting_is_bounded() {
    let deep = format!("{}1{}", "(".repeat(10_000), ")".repeat(10_000));
    assert!(parse(&deep).is_err());
    assert!(parse(&format!("{{a=\"b\"}} | {}x=\"1\"{}", "(".repeat(10_000), ")".repeat(10_000))).is_err());
    assert!(parse(&"sum(".repeat(10_000)).is_err());
}

proptest! {
    #[test]
    fn any_text_parses_or_fails(query in any::<String>()) {
        let _ = parse(&query);
    }

    /// Token soup reaches deeper than random characters; what parses prints to what parses again.
    #[test]
    fn token_soup(words in proptest::collection::vec(prop_oneof![
        Just("{a=\"b\"}"), Just("{"), Just("}"), Just("a"), Just("="), Just("\"x\""), Just("|="), Just("|"),
        Just("json"), Just("logfmt"), Just("or"), Just("and"), Just(","), Just("("), Just(")"), Just("[5m]"),
        Just("rate("), Just("sum("), Just("by"), Just("5"), Just("5s"), Just("5KB"), Just("unwrap"), Just("!="),
        Just("ip("), Just("+"), Just("-"), Just("line_format"), Just("`{{.a}}`"), Just("offset"), Just("#"),
        Just("\n"), Just("vector("), Just("topk("), Just("`"), Just("'"),
    ], 0..24)) {
        let query = words.join(" ");
        if let Ok(expr) = parse(&query) {
            let _ = pretty(&expr);
            let printed = expr.to_string();
            let again = parse(&printed);
            prop_assert!(again.is_ok(), "{query} -> {printed} -> {again:?}");
        }
    }
}
