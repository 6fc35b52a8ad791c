//! Templates in, text or Go's error out.

use super::render::Template;
use crate::{
    label_set::{Category, LabelSet},
    names::Names,
};

#[track_caller]
fn check(template: &str, expected: &str) {
    let mut names = Names::new();
    let mut labels = LabelSet::new(&mut names);
    for (name, value) in
        [("a", "x y"), ("n", "7"), ("b", ""), ("j", r#"{"k":{"l":[1,"two",null]},"big":3000000}"#)]
    {
        let id = names.id(name);
        labels.set(Category::Parsed, id, value);
    }
    let rendered = Template::parse("line", template)
        .and_then(|template| template.render("the line", 1_705_312_800_000_000_000, &labels, &names))
        .unwrap_or_else(|error| format!("error: {error}"));
    assert_eq!(rendered, expected, "{template}");
}

#[test]
fn blocks_pipes_and_variables() {
    check("{{.a}}-{{ .n | printf \"%03s\" }}", "x y-007");
    check("{{if .b}}1{{else if .a}}2{{else}}3{{end}}", "2");
    check("{{if .b}}1{{else if .missing}}2{{else}}3{{end}}", "3");
    check("{{with .missing}}x{{else}}none{{end}}", "none");
    check("{{with .b}}x{{else with .n}}<{{.}}>{{end}}", "<7>");
    check("{{$x := add 1 2}}{{$x}}", "3");
    check("{{$x := 1}}{{if .a}}{{$x = 2}}{{end}}{{$x}}", "2");
    check("{{$x := 1}}{{if .a}}{{$x := 2}}{{end}}{{$x}}", "1");
    check("a {{- .n -}} b", "a7b");
    check("a {{- /* nothing */ -}} b", "ab");
    check("{{range fromJson \"[1,2]\"}}<{{.}}>{{end}}", "<1><2>");
    check("{{range $i, $x := fromJson `[\"p\",\"q\"]`}}{{$i}}={{$x}} {{end}}", "0=p 1=q ");
    check("{{range fromJson \"[1,2,3,4]\"}}{{if eq . 3.0}}{{break}}{{end}}{{.}}{{end}}", "12");
    check("{{range fromJson \"[1,2,3]\"}}{{if eq . 2.0}}{{continue}}{{end}}{{.}}{{end}}", "13");
    check("{{range fromJson \"[]\"}}x{{else}}none{{end}}", "none");
    check("{{__line__}} {{ __timestamp__ | date \"2006-01-02\" }}", "the line 2024-01-15");
    check("{{ (eq .n \"7\") }}", "true");
    check("{{ $.n }}{{with .a}}{{$.n}}{{end}}", "77");
    check("{{ .missing }}|{{ printf \"%v\" .missing }}|{{ default \"d\" .missing }}", "||d");
    check("{{ . }}", "map[a:x y b: j:{\"k\":{\"l\":[1,\"two\",null]},\"big\":3000000} n:7]");
    check("{{ index . \"n\" }}{{ index . \"nope\" }}", "7");
    check("{{ (fromJson .j).k.l }} {{ (fromJson .j).big }}", "[1 two <nil>] 3e+06");
    check("{{ (fromJson .j).nope }}", "<no value>");
    check("{{ $d := fromJson .j }}{{ index $d.k.l 1 }}", "two");
    check("{{ or .b .n }} {{ and .a .b }}| {{ not .b }}", "7 | true");
    check("{{ 'a' }} {{ 0x10 }} {{ 1_000 }} {{ -5 }} {{ 1e3 }}", "97 16 1000 -5 1000");
}

#[test]
fn functions() {
    check("{{ title \"don't stop_me now-ok\" }}", "Don'T Stop_me Now-Ok");
    check(
        "{{ int \"12.5\" }} {{ int \"12.00\" }} {{ int 12.9 }} {{ int \"0x1f\" }} {{ int \"x\" }}",
        "0 12 12 31 0",
    );
    check(
        "{{ addf 0.1 0.2 }} {{ subf 0.3 0.1 }} {{ mulf 1.1 1.1 }} {{ divf 1 3 }}",
        "0.3 0.2 1.21 0.3333333333333333",
    );
    check("{{ bytes \"3MB\" }} {{ bytes \"2 kB\" }}", "3e+06 2000");
    check("{{ round 2.5 0 }} {{ round 1.2345 2 }} {{ ceil 1.2 }} {{ floor -1.2 }}", "3 1.23 2 -2");
    check(
        "{{ trunc -3 \"abcdef\" }} {{ trunc 9 \"ab\" }} {{ substr 1 -1 \"abc\" }} {{ substr -1 2 \"abc\" }}",
        "def ab bc ab",
    );
    check("{{ alignLeft 5 \"ab\" }}|{{ alignRight 5 \"ab\" }}|{{ alignRight 1 \"ab\" }}", "ab   |   ab|b");
    check("{{ print 1 2 \"a\" 3 }} {{ println \"a\" 1 }}", "1 2a3 a 1\n");
    check(
        "{{ slice \"abc\" 1 }} {{ slice \"abc\" 1 2 }} {{ index \"abc\" 0 }} {{ len \"abc\" }}",
        "bc b 97 3",
    );
    check("{{ urldecode \"a%20b+c\" }} {{ urlencode \"a b/c\" }}", "a b c a+b%2Fc");
    check("{{ toDate \"2006-01-02\" \"nonsense\" }}", "0001-01-01 00:00:00 +0000 UTC");
    check("{{ unixEpoch (toDate \"2006-01-02\" \"x\") }}", "-62135596800");
    check("{{ __timestamp__ }}", "2024-01-15 10:00:00 +0000 UTC");
    check("{{ regexReplaceAll \"(x) (y)\" .a \"${2}_$1\" }}", "y_x");
    check("{{ js \"a<'b'\" }} {{ html \"<'\\\"&>\" }}", "a\\u003C\\'b\\' &lt;&#39;&#34;&amp;&gt;");
}

#[test]
fn printf_verbs() {
    for (call, expected) in [
        (r#"printf "%5d|%-5d|%05d|%+d" 42 42 42 42"#, "   42|42   |00042|+42"),
        (r#"printf "%x %X %o %b %c %q %U" 255 255 8 5 97 97 97"#, "ff FF 10 101 a 'a' U+0061"),
        (r#"printf "%.2f %8.3f %e %g" 3.14159 3.14159 1234.5 0.00001"#, "3.14    3.142 1.234500e+03 1e-05"),
        (r#"printf "%s %q %x %5s|%-5s|%.2s" "a" "b" "hi" "c" "d" "efg""#, "a \"b\" 6869     c|d    |ef"),
        (r#"printf "%v %t %T %v%%" true false "x" 1.5"#, "true false string 1.5%"),
        (r#"printf "%d" "x""#, "%!d(string=x)"),
        (r#"printf "%s" 5"#, "%!s(int=5)"),
        (r#"printf "%d %d" 1"#, "1 %!d(MISSING)"),
        (r#"printf "%d" 1 2"#, "1%!(EXTRA int=2)"),
        (r#"printf "%*d" 5 42"#, "   42"),
        (r#"printf "%""#, "%!(NOVERB)"),
    ] {
        check(&format!("{{{{ {call} }}}}"), expected);
    }
}

#[test]
fn mistakes_of_the_text() {
    for (template, expected) in [
        ("{{.a", "template: line:1: unclosed action"),
        ("{{nosuch .x}}", "template: line:1: function \"nosuch\" not defined"),
        ("x\n{{nosuch .x}}", "template: line:2: function \"nosuch\" not defined"),
        ("{{if .a}}", "template: line:1: unexpected EOF"),
        ("{{end}}", "template: line:1: unexpected {{end}}"),
        ("{{}}", "template: line:1: missing value for command"),
        ("{{if}}x{{end}}", "template: line:1: missing value for if"),
        ("{{ \"a }}", "template: line:1: unterminated quoted string"),
        ("{{ (.a }}", "template: line:1: unclosed left paren"),
        ("{{ .a ) }}", "template: line:1: unexpected right paren"),
        ("{{break}}", "template: line:1: {{break}} outside {{range}}"),
        ("{{ .a | .b }}", "template: line:1: non executable command in pipeline stage 2"),
        ("{{ humanize 5 }}", "template: line:1: function \"humanize\" not defined"),
    ] {
        check(template, &format!("error: {expected}"));
    }
}

#[test]
fn mistakes_while_running() {
    for (template, expected) in [
        (
            "{{ bytes .a }}",
            "template: line:1:3: executing \"line\" at <bytes .a>: error calling bytes: strconv.ParseFloat: parsing \"\": \
             invalid syntax",
        ),
        (
            "{{ trunc .n .a }}",
            "template: line:1:9: executing \"line\" at <.n>: wrong type for value; expected int; got string",
        ),
        (
            "{{ ToLower 5 }}",
            "template: line:1:11: executing \"line\" at <5>: wrong type for value; expected string; got int",
        ),
        (
            "{{ lower }}",
            "template: line:1:3: executing \"line\" at <lower>: wrong number of args for lower: want 1 got 0",
        ),
        (
            "{{ .a.b }}",
            "template: line:1:3: executing \"line\" at <.a.b>: can't evaluate field b in type string",
        ),
        (
            "{{ eq .n 7 }}",
            "template: line:1:3: executing \"line\" at <eq .n 7>: error calling eq: incompatible types for comparison",
        ),
        (
            "x\n  {{ div 1 0 }}",
            "template: line:2:5: executing \"line\" at <div 1 0>: error calling div: runtime error: integer divide by zero",
        ),
        (
            "{{ slice \"abc\" 5 }}",
            "template: line:1:3: executing \"line\" at <slice \"abc\" 5>: error calling slice: index out of range: 5",
        ),
        (
            "{{ urldecode \"%zz\" }}",
            "template: line:1:3: executing \"line\" at <urldecode \"%zz\">: error calling urldecode: invalid URL escape \"%zz\"",
        ),
        (
            "{{ range .a }}x{{end}}",
            "template: line:1:9: executing \"line\" at <.a>: range can't iterate over x y",
        ),
    ] {
        check(template, &format!("error: {expected}"));
    }
}
