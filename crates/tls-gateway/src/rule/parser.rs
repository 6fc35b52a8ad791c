//! From tokens to an expression: `!` binds tighter than `&&`, that tighter than `||`.

use super::{
    RuleError,
    expression::Expression,
    lexer::{Placed, Token, tokens},
    matcher::Matcher,
};
use crate::limits::{RULE_DEPTH_MAX, RULE_MATCHERS_MAX};

pub(super) fn parse(rule: &str) -> Result<Expression, RuleError> {
    let mut parser = Parser { tokens: tokens(rule)?, next: 0, end: rule.len(), matchers: 0 };
    if parser.tokens.is_empty() {
        return Err(RuleError::new(
            0,
            "the rule is empty",
            "write at least one matcher: Host(`example.org`)",
        ));
    }
    let expression = parser.any_of(0)?;
    match parser.peek() {
        None => Ok(expression),
        Some((at, token)) => {
            let help = "join matchers with && or ||";
            Err(RuleError::new(*at, format!("unexpected {}", shown(token)), help))
        }
    }
}

struct Parser {
    tokens: Vec<Placed>,
    next: usize,
    end: usize,
    matchers: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Placed> {
        self.tokens.get(self.next)
    }

    fn take(&mut self, wanted: &Token) -> bool {
        let found = self.peek().is_some_and(|(_, token)| token == wanted);
        self.next += usize::from(found);
        found
    }

    fn place(&self) -> usize {
        self.peek().map_or(self.end, |(at, _)| *at)
    }

    fn any_of(&mut self, depth: usize) -> Result<Expression, RuleError> {
        let mut parts = vec![self.all_of(depth)?];
        while self.take(&Token::Or) {
            parts.push(self.all_of(depth)?);
        }
        Ok(Expression::any(parts))
    }

    fn all_of(&mut self, depth: usize) -> Result<Expression, RuleError> {
        let mut parts = vec![self.one(depth)?];
        while self.take(&Token::And) {
            parts.push(self.one(depth)?);
        }
        Ok(Expression::all(parts))
    }

    fn one(&mut self, depth: usize) -> Result<Expression, RuleError> {
        let at = self.place();
        if depth >= RULE_DEPTH_MAX {
            let help = format!("at most {RULE_DEPTH_MAX} parentheses and ! may stand in each other");
            return Err(RuleError::new(at, "the rule is nested too deeply", help));
        }
        if self.take(&Token::Not) {
            return Ok(Expression::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.take(&Token::Open) {
            let inner = self.any_of(depth + 1)?;
            self.close(at)?;
            return Ok(inner);
        }
        match self.peek().cloned() {
            Some((at, Token::Name(name))) => {
                self.next += 1;
                self.matcher(at, &name)
            }
            Some((at, token)) => {
                let help = "a matcher such as Host(`example.org`) belongs here";
                Err(RuleError::new(at, format!("unexpected {}", shown(&token)), help))
            }
            None => {
                Err(RuleError::new(self.end, "the rule ends too early", "a matcher is missing at the end"))
            }
        }
    }

    fn matcher(&mut self, at: usize, name: &str) -> Result<Expression, RuleError> {
        self.matchers += 1;
        if self.matchers > RULE_MATCHERS_MAX {
            let help = format!("at most {RULE_MATCHERS_MAX}; a HostRegexp or PathRegexp can stand for many");
            return Err(RuleError::new(at, "too many matchers in one rule", help));
        }
        if !self.take(&Token::Open) {
            let help = format!("write {name}(`value`)");
            return Err(RuleError::new(self.place(), format!("{name} has no value"), help));
        }
        let mut values = Vec::new();
        while let Some((_, Token::Text(text))) = self.peek().cloned() {
            self.next += 1;
            values.push(text);
            if !self.take(&Token::Comma) {
                break;
            }
        }
        if let Some((at, token @ Token::Name(_))) = self.peek() {
            let help = format!("put the value between backticks: {name}(`value`)");
            return Err(RuleError::new(*at, format!("unexpected {}", shown(token)), help));
        }
        self.close(at)?;
        Matcher::new(at, name, &values).map(Expression::Matcher)
    }

    fn close(&mut self, opened_at: usize) -> Result<(), RuleError> {
        if self.take(&Token::Close) {
            return Ok(());
        }
        Err(RuleError::new(opened_at, "a parenthesis is never closed", "add the missing )"))
    }
}

fn shown(token: &Token) -> String {
    match token {
        Token::Name(name) => name.clone(),
        Token::Text(text) => format!("`{text}`"),
        Token::And => "&&".to_owned(),
        Token::Or => "||".to_owned(),
        Token::Not => "!".to_owned(),
        Token::Open => "(".to_owned(),
        Token::Close => ")".to_owned(),
        Token::Comma => ",".to_owned(),
    }
}
