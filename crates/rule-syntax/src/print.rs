//! Tree to text, in two spellings.

use crate::{Argument, Check, Expr, ExprKind, FieldExpr, Left, Right, Transform};

/// How constants are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Quoted wherever the parser needs it: `parse(print(x))` gives `x`.
    Exact,
    /// As Falco prints compiled conditions: quoted only around blanks, escapes and double
    /// quotes, so that `("(systemd)")` comes out as `((systemd))`.
    Falco,
}

/// A condition as text: `and` and `or` always in parentheses.
pub fn print(expr: &Expr, style: Style) -> String {
    let mut out = String::new();
    Printer { out: &mut out, style }.expr(expr);
    out
}

/// `name` or `name[argument]`.
pub fn print_field(field: &FieldExpr, style: Style) -> String {
    let mut out = String::new();
    Printer { out: &mut out, style }.field(field);
    out
}

/// A transformer call.
pub fn print_transform(transform: &Transform, style: Style) -> String {
    let mut out = String::new();
    Printer { out: &mut out, style }.transform(transform);
    out
}

struct Printer<'o> {
    out: &'o mut String,
    style: Style,
}

impl Printer<'_> {
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::And(children) => self.chain(children, " and "),
            ExprKind::Or(children) => self.chain(children, " or "),
            ExprKind::Not(child) => {
                self.out.push_str("not ");
                // `not not x` parses as `x`, so an inner `not` keeps its parentheses.
                let needs_parentheses = matches!(child.kind, ExprKind::Not(_)) && self.style == Style::Exact;
                if needs_parentheses {
                    self.out.push('(');
                }
                self.expr(child);
                if needs_parentheses {
                    self.out.push(')');
                }
            }
            ExprKind::Check(check) => self.check(check),
            ExprKind::Macro(name) => self.out.push_str(name),
            ExprKind::Error => self.out.push_str("<error>"),
        }
    }

    fn chain(&mut self, children: &[Expr], connector: &str) {
        self.out.push('(');
        for (index, child) in children.iter().enumerate() {
            if index > 0 {
                self.out.push_str(connector);
            }
            self.expr(child);
        }
        self.out.push(')');
    }

    fn check(&mut self, check: &Check) {
        match &check.left {
            Left::Field(field) => self.field(field),
            Left::Transform(transform) => self.transform(transform),
        }
        self.out.push(' ');
        self.out.push_str(check.operator.name());
        if let Some(modifier) = check.modifier {
            self.out.push(' ');
            self.out.push_str(modifier.name());
        }
        match &check.right {
            Right::None => {}
            Right::Value(word) => {
                self.out.push(' ');
                // The four orderings take a bare number only.
                let is_text = check.operator.takes_modifier() || check.operator.takes_list();
                if is_text { self.word(&word.text) } else { self.out.push_str(&word.text) }
            }
            Right::List(words) => {
                self.out.push_str(" (");
                for (index, word) in words.iter().enumerate() {
                    if index > 0 {
                        self.out.push_str(", ");
                    }
                    self.word(&word.text);
                }
                self.out.push(')');
            }
            Right::Field(field) => {
                self.out.push_str(" val(");
                self.field(field);
                self.out.push(')');
            }
            Right::Transform(transform) => {
                self.out.push(' ');
                self.transform(transform);
            }
        }
    }

    fn field(&mut self, field: &FieldExpr) {
        self.out.push_str(&field.name);
        if let Some(argument) = &field.argument {
            self.bracket(argument);
        }
    }

    fn bracket(&mut self, argument: &str) {
        let is_bare = !argument.is_empty()
            && argument
                .bytes()
                .all(|byte| !matches!(byte, b' ' | 8..=13 | b'[' | b']' | b'"' | b'\'' | b'\\'));
        self.out.push('[');
        if is_bare {
            self.out.push_str(argument)
        } else {
            self.quote(argument)
        }
        self.out.push(']');
    }

    fn transform(&mut self, transform: &Transform) {
        self.out.push_str(transform.kind.name());
        self.out.push('(');
        self.arguments(&transform.arguments);
        self.out.push(')');
        if let Some(index) = &transform.index {
            self.bracket(index);
        }
    }

    fn arguments(&mut self, arguments: &[Argument]) {
        for (index, argument) in arguments.iter().enumerate() {
            if index > 0 {
                self.out.push_str(if self.style == Style::Falco { "," } else { ", " });
            }
            match argument {
                Argument::Field(field) => self.field(field),
                Argument::Transform(transform) => self.transform(transform),
                Argument::Number(word) => self.out.push_str(&word.text),
                Argument::Text(word) if self.style == Style::Falco => self.out.push_str(&word.text),
                Argument::Text(word) => self.quote(&word.text),
                Argument::List(items) => {
                    self.out.push('(');
                    self.arguments(items);
                    self.out.push(')');
                }
            }
        }
    }

    fn word(&mut self, text: &str) {
        let needs_quotes = match self.style {
            Style::Falco => text.bytes().any(|byte| matches!(byte, b' ' | 8..=13 | b'\\' | b'"')),
            Style::Exact => {
                text.is_empty()
                    || text
                        .bytes()
                        .any(|byte| matches!(byte, b' ' | 8..=13 | b'(' | b')' | b',' | b'=' | b'"' | b'\'' | b'\\'))
                    // Quotes keep a value that looks like the start of a transformer a value.
                    || ["oneof", "anyof", "allof"].contains(&text)
            }
        };
        if needs_quotes { self.quote(text) } else { self.out.push_str(text) }
    }

    fn quote(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\\' => self.out.push_str("\\\\"),
                '"' => self.out.push_str("\\\""),
                other => self.out.push(other),
            }
        }
        self.out.push('"');
    }
}
