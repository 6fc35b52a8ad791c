//! Condition text to tree.
//!
//! `and`, `or`, `not` and parentheses are handled with an explicit stack of [`Frame`]s, so a
//! million parentheses cost an error, not the stack. After the first mistake the rest of a
//! condition is not read: what follows a misplaced token would be guesswork. Long because the
//! grammar is one set of functions that call each other.

use crate::{
    Argument, Check, Diagnostic, Expr, ExprKind, FieldExpr, Left, Modifier, Operator, Right, Span, Transform,
    TransformKind, Word,
    lexer::Lexer,
    limits::{PARENTHESES_MAX, TEXT_BYTES_MAX, TRANSFORM_DEPTH_MAX, TREE_DEPTH_MAX},
};

/// Parses a condition. On a mistake the tree is [`ExprKind::Error`] and a diagnostic says why.
pub fn parse(text: &str) -> (Expr, Vec<Diagnostic>) {
    let all = Span::new(0, text.len());
    let result = if text.len() > TEXT_BYTES_MAX {
        Err(error(
            Span::new(0, 1),
            format!("condition is longer than {TEXT_BYTES_MAX} bytes"),
            "split the rule, or match a prefix instead of a long list",
        ))
    } else {
        Parser { lexer: Lexer::new(text) }.condition()
    };
    match result {
        Ok(expr) if expr.depth() > TREE_DEPTH_MAX => (
            Expr { kind: ExprKind::Error, span: all },
            vec![error(
                all,
                format!("condition is nested deeper than {TREE_DEPTH_MAX} levels"),
                "flatten it, or move parts into lists",
            )],
        ),
        Ok(expr) => (expr, Vec::new()),
        Err(diagnostic) => (Expr { kind: ExprKind::Error, span: all }, vec![diagnostic]),
    }
}

pub(crate) fn error(span: Span, message: impl Into<String>, help: &str) -> Diagnostic {
    Diagnostic { message: message.into(), span, help: (!help.is_empty()).then(|| help.to_owned()) }
}

/// An open parenthesis (or the whole text) while it is read.
#[derive(Debug, Default)]
struct Frame {
    /// `not` stood before the parenthesis.
    negated: Option<usize>,
    /// Finished operands of `or`.
    alternatives: Vec<Expr>,
    /// Operands of the `and` being read.
    conjuncts: Vec<Expr>,
}

impl Frame {
    fn end_conjunction(&mut self) {
        let span = join(&self.conjuncts);
        let expr = match self.conjuncts.pop() {
            Some(only) if self.conjuncts.is_empty() => only,
            Some(last) => {
                let mut children = std::mem::take(&mut self.conjuncts);
                children.push(last);
                Expr { kind: ExprKind::And(children), span }
            }
            None => return,
        };
        self.alternatives.push(expr);
    }

    fn finish(mut self) -> Expr {
        self.end_conjunction();
        let span = join(&self.alternatives);
        let expr = match self.alternatives.pop() {
            Some(only) if self.alternatives.is_empty() => only,
            Some(last) => {
                self.alternatives.push(last);
                Expr { kind: ExprKind::Or(self.alternatives), span }
            }
            None => Expr { kind: ExprKind::Error, span },
        };
        negate(expr, self.negated)
    }
}

fn join(parts: &[Expr]) -> Span {
    let start = parts.first().map_or(0, |first| first.span.start);
    Span::new(start, parts.last().map_or(start, |last| last.span.end))
}

fn negate(expr: Expr, negated: Option<usize>) -> Expr {
    match negated {
        Some(start) => {
            let span = Span::new(start, expr.span.end);
            Expr { kind: ExprKind::Not(Box::new(expr)), span }
        }
        None => expr,
    }
}

pub(crate) struct Parser<'t> {
    pub(crate) lexer: Lexer<'t>,
}

const VALUE_HELP: &str = "quote values that hold blanks, parentheses, commas, `=` or quotes";

impl Parser<'_> {
    fn condition(mut self) -> Result<Expr, Diagnostic> {
        let mut frames = vec![Frame::default()];
        loop {
            let Some(operand) = self.operand(&mut frames)? else { continue };
            let mut operand = operand;
            // After an operand: a connector goes on, a parenthesis closes, the end ends.
            loop {
                let Some(frame) = frames.last_mut() else {
                    return Err(self.unexpected());
                };
                frame.conjuncts.push(operand);
                self.lexer.blank();
                if self.lexer.take("and") {
                    self.connector(&mut frames, "and")?;
                    break;
                }
                if self.lexer.take("or") {
                    frame.end_conjunction();
                    self.connector(&mut frames, "or")?;
                    break;
                }
                let is_root = frames.len() == 1;
                if is_root && !self.lexer.is_at_end() {
                    return Err(self.unexpected());
                }
                if !is_root && !self.lexer.take(")") {
                    return Err(self.expected(
                        "expected a ')' token",
                        "a parenthesis is not closed, or `and`/`or` is missing",
                    ));
                }
                let Some(done) = frames.pop() else { return Err(self.unexpected()) };
                operand = done.finish();
                if is_root {
                    return Ok(operand);
                }
            }
        }
    }

    /// Reads what may follow `and` and `or`: a blank, or a parenthesis that opens at once.
    fn connector(&mut self, frames: &mut Vec<Frame>, word: &str) -> Result<(), Diagnostic> {
        if self.lexer.blank() {
            return Ok(());
        }
        if self.lexer.take("(") {
            return self.open(frames, None);
        }
        Err(self.expected(&format!("expected blank or '(' after '{word}'"), ""))
    }

    fn open(&mut self, frames: &mut Vec<Frame>, negated: Option<usize>) -> Result<(), Diagnostic> {
        if frames.len() >= PARENTHESES_MAX {
            return Err(self.expected(
                &format!("more than {PARENTHESES_MAX} open parentheses"),
                "flatten the condition",
            ));
        }
        frames.push(Frame { negated, ..Frame::default() });
        Ok(())
    }

    /// `not`s and a check, or `None` after opening a parenthesis.
    fn operand(&mut self, frames: &mut Vec<Frame>) -> Result<Option<Expr>, Diagnostic> {
        self.lexer.blank();
        let start = self.lexer.at;
        let mut is_negated = false;
        while self.lexer.take("not ") {
            is_negated = !is_negated;
            self.lexer.blank();
        }
        if self.lexer.take("not(") {
            self.open(frames, (!is_negated).then_some(start))?;
            return Ok(None);
        }
        let negated = is_negated.then_some(start);
        if self.lexer.take("(") {
            self.open(frames, negated)?;
            return Ok(None);
        }
        self.check().map(|expr| Some(negate(expr, negated)))
    }

    fn check(&mut self) -> Result<Expr, Diagnostic> {
        let start = self.lexer.at;
        let left = if let Some(transform) = self.transform(0)? {
            Left::Transform(transform)
        } else if let Some(field) = self.field()? {
            Left::Field(field)
        } else if let Some(span) = self.lexer.identifier() {
            let name = self.lexer.slice(span).to_owned();
            return Ok(Expr { kind: ExprKind::Macro(name), span });
        } else {
            return Err(self.expected(
                "expected a '(' token, a field check, or an identifier",
                "a condition is made of checks such as `proc.name = sh`, macros, `and`, `or`, `not` and parentheses",
            ));
        };
        let check = self.comparison(left)?;
        let span = Span::new(start, self.lexer.last.end);
        Ok(Expr { kind: ExprKind::Check(Box::new(check)), span })
    }

    fn comparison(&mut self, left: Left) -> Result<Check, Diagnostic> {
        self.lexer.blank();
        let Some(operator) = self.operator() else {
            return Err(self.no_operator());
        };
        let operator_span = self.lexer.last;
        let mut modifier = None;
        let right = match operator {
            Operator::Exists => Right::None,
            Operator::Le | Operator::Lt | Operator::Ge | Operator::Gt => {
                self.lexer.blank();
                self.value_or_field(|parser| {
                    let span = parser.lexer.number()?;
                    Some(Ok(Right::Value(Word { text: parser.lexer.slice(span).to_owned(), span })))
                })?
                .ok_or_else(|| self.no_value("number"))?
            }
            _ if operator.takes_list() => {
                self.lexer.blank();
                self.value_or_field(|parser| parser.list().transpose())?
                    .ok_or_else(|| self.no_value("list"))?
            }
            _ => {
                self.lexer.blank();
                modifier = Modifier::ALL.into_iter().find(|modifier| self.take_modifier(*modifier));
                if modifier.is_some() {
                    self.lexer.blank();
                    self.list()?.ok_or_else(|| self.no_value("list"))?
                } else {
                    self.value_or_field(|parser| parser.word().map(|word| word.map(Right::Value)))?
                        .ok_or_else(|| self.no_value("string"))?
                }
            }
        };
        Ok(Check { left, operator, modifier, right, operator_span })
    }

    fn take_modifier(&mut self, modifier: Modifier) -> bool {
        let mut probe = self.lexer.clone();
        if probe.take(modifier.name()) && probe.blank() {
            self.lexer.take(modifier.name());
            return true;
        }
        false
    }

    /// Symbols as they are; words need a blank after them, except `exists` and the list operators.
    fn operator(&mut self) -> Option<Operator> {
        Operator::ALL.into_iter().find(|operator| {
            let name = operator.name();
            let needs_blank =
                operator.takes_modifier() && name.bytes().all(|byte| byte.is_ascii_alphabetic());
            if !self.lexer.rest().starts_with(name) {
                return false;
            }
            if needs_blank && self.lexer.rest().as_bytes().get(name.len()) != Some(&b' ') {
                return false;
            }
            self.lexer.take(name)
        })
    }

    /// `val(field)`, a transformer, or what `constant` reads.
    fn value_or_field(
        &mut self,
        constant: impl FnOnce(&mut Self) -> Option<Result<Right, Diagnostic>>,
    ) -> Result<Option<Right>, Diagnostic> {
        if let Some(transform) = self.transform(0)? {
            return Ok(Some(Right::Transform(transform)));
        }
        if self.lexer.take("val(") {
            self.lexer.blank();
            let field = self.field()?.ok_or_else(|| {
                self.expected(
                    "expected a field within 'val' transformer",
                    "write val(proc.pname), for example",
                )
            })?;
            self.lexer.blank();
            self.close_transform()?;
            return Ok(Some(Right::Field(field)));
        }
        constant(self).transpose()
    }

    /// A quoted or bare value.
    fn word(&mut self) -> Option<Result<Word, Diagnostic>> {
        if let Some(quoted) = self.lexer.quoted() {
            return Some(quoted.and_then(|(text, span)| {
                if text.contains('\0') {
                    return Err(error(span, "filter value cannot contain a NUL byte", ""));
                }
                Ok(Word { text, span })
            }));
        }
        let span = self.lexer.bare_value()?;
        Some(Ok(Word { text: self.lexer.slice(span).to_owned(), span }))
    }

    /// `(a, b)`, `()`, or one identifier.
    fn list(&mut self) -> Result<Option<Right>, Diagnostic> {
        if !self.lexer.take("(") {
            let Some(span) = self.lexer.identifier() else { return Ok(None) };
            return Ok(Some(Right::Value(Word { text: self.lexer.slice(span).to_owned(), span })));
        }
        let mut words = Vec::new();
        self.lexer.blank();
        if let Some(first) = self.word() {
            words.push(first?);
            self.lexer.blank();
            while self.lexer.take(",") {
                self.lexer.blank();
                let next = self.word().ok_or_else(|| self.expected("expected a string value", VALUE_HELP))?;
                words.push(next?);
                self.lexer.blank();
            }
        }
        if !self.lexer.take(")") {
            return Err(self.expected("expected a ')' token", VALUE_HELP));
        }
        Ok(Some(Right::List(words)))
    }

    /// A field with its argument, if one starts here.
    pub(crate) fn field(&mut self) -> Result<Option<FieldExpr>, Diagnostic> {
        let Some(span) = self.lexer.field_name() else { return Ok(None) };
        let name = self.lexer.slice(span).to_owned();
        let argument = self.bracket()?;
        let span = Span::new(span.start, self.lexer.last.end);
        Ok(Some(FieldExpr { name, argument, span }))
    }

    fn bracket(&mut self) -> Result<Option<String>, Diagnostic> {
        if !self.lexer.take("[") {
            return Ok(None);
        }
        let argument = if let Some(quoted) = self.lexer.quoted() {
            quoted?.0
        } else if let Some(span) = self.lexer.bare_argument() {
            self.lexer.slice(span).to_owned()
        } else {
            return Err(self.expected(
                "expected a valid field argument: a quoted string or a bare string",
                "write proc.aname[2] or proc.env[\"HOME\"], for example",
            ));
        };
        if !self.lexer.take("]") {
            return Err(self.expected("expected a ']' token", ""));
        }
        Ok(Some(argument))
    }

    /// A transformer call, if one starts here.
    pub(crate) fn transform(&mut self, depth: usize) -> Result<Option<Transform>, Diagnostic> {
        let start = self.lexer.at;
        let Some(kind) = TransformKind::ALL.into_iter().find(|kind| {
            let name = kind.name();
            let rest = self.lexer.rest();
            rest.starts_with(name) && rest.as_bytes().get(name.len()) == Some(&b'(')
        }) else {
            return Ok(None);
        };
        if depth >= TRANSFORM_DEPTH_MAX {
            return Err(self
                .expected(&format!("transformers are nested deeper than {TRANSFORM_DEPTH_MAX} levels"), ""));
        }
        self.lexer.take(kind.name());
        self.lexer.take("(");
        self.lexer.blank();
        let mut arguments = vec![self.argument(depth, true)?];
        self.lexer.blank();
        while self.lexer.take(",") {
            self.lexer.blank();
            arguments.push(self.argument(depth, true)?);
            self.lexer.blank();
        }
        self.close_transform()?;
        let index = self.bracket()?;
        let span = Span::new(start, self.lexer.last.end);
        Ok(Some(Transform { kind, arguments, index, span }))
    }

    fn close_transform(&mut self) -> Result<(), Diagnostic> {
        if self.lexer.take(")") {
            return Ok(());
        }
        Err(self.expected("expected a ')' token closing the transformer", ""))
    }

    fn argument(&mut self, depth: usize, lists_allowed: bool) -> Result<Argument, Diagnostic> {
        if let Some(transform) = self.transform(depth + 1)? {
            return Ok(Argument::Transform(transform));
        }
        if let Some(field) = self.field()? {
            return Ok(Argument::Field(field));
        }
        if let Some(quoted) = self.lexer.quoted() {
            return quoted.map(|(text, span)| Argument::Text(Word { text, span }));
        }
        if let Some(span) = self.lexer.number() {
            return Ok(Argument::Number(Word { text: self.lexer.slice(span).to_owned(), span }));
        }
        if lists_allowed && self.lexer.take("(") {
            return self.argument_list(depth);
        }
        Err(self.expected(
            "expected field transformer argument: field, transformer, quoted string, number, or transformer list",
            "",
        ))
    }

    fn argument_list(&mut self, depth: usize) -> Result<Argument, Diagnostic> {
        let mut items = Vec::new();
        self.lexer.blank();
        if !self.lexer.take(")") {
            items.push(self.argument(depth, false)?);
            self.lexer.blank();
            while self.lexer.take(",") {
                self.lexer.blank();
                items.push(self.argument(depth, false)?);
                self.lexer.blank();
            }
            if !self.lexer.take(")") {
                return Err(self.expected("expected a ')' token", ""));
            }
        }
        Ok(Argument::List(items))
    }

    fn here(&self) -> Span {
        let length = self.lexer.rest().chars().next().map_or(0, char::len_utf8);
        Span::new(self.lexer.at, self.lexer.at + length)
    }

    pub(crate) fn expected(&self, message: &str, help: &str) -> Diagnostic {
        error(self.here(), message, help)
    }

    fn no_value(&self, what: &str) -> Diagnostic {
        let names: Vec<String> = TransformKind::ALL.iter().map(|kind| format!("'{}'", kind.name())).collect();
        self.expected(
            &format!(
                "expected a {what} value or a field with a valid transformer: 'val', {}",
                names.join(", ")
            ),
            if what == "number" { "`<`, `<=`, `>` and `>=` compare numbers only" } else { VALUE_HELP },
        )
    }

    fn no_operator(&self) -> Diagnostic {
        let names: Vec<String> =
            Operator::ALL.iter().map(|operator| format!("'{}'", operator.name())).collect();
        let rest = self.lexer.rest();
        let help = if rest.starts_with("not ") {
            "put `not` before the field: `not proc.name in (a)`"
        } else if Operator::ALL.iter().any(|operator| rest.starts_with(operator.name())) {
            "an operator that is a word needs a blank after it"
        } else if rest.is_empty()
            || rest.starts_with("and")
            || rest.starts_with("or")
            || rest.starts_with(')')
        {
            "compare the field with something: `evt.is_open_read = true`, `fd.name exists`"
        } else {
            ""
        };
        self.expected(&format!("expected a valid check operator: one of {}", names.join(", ")), help)
    }

    fn unexpected(&self) -> Diagnostic {
        let last = self.lexer.slice(self.lexer.last);
        let help = if ["AND", "OR", "NOT"].contains(&last) {
            "`and`, `or` and `not` are written in lower case"
        } else if self.lexer.rest().starts_with(')') {
            "there is a ')' too many"
        } else {
            "join checks with `and` or `or`, and quote values that hold blanks or `=`"
        };
        self.expected(&format!("unexpected token after '{last}', expecting 'or', 'and'"), help)
    }
}
