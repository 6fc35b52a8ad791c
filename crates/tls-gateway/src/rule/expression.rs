//! A parsed rule, and the hosts it is bound to.

use std::collections::BTreeSet;

use super::{RequestView, RuleError, matcher::Matcher, parser};

/// A rule that is ready to be matched.
#[derive(Debug, Clone)]
pub struct Rule {
    text: String,
    expression: Expression,
}

#[derive(Debug, Clone)]
pub(super) enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    Matcher(Matcher),
}

/// Which requests a rule can match at all, as far as their host tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hosts {
    /// Only these, in lower case.
    Exactly(BTreeSet<String>),
    /// Any, or some pattern of them.
    Open,
}

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// [`RuleError`], with place and mend; older syntax is recognised and explained.
    pub fn parse(text: &str) -> Result<Rule, RuleError> {
        Ok(Rule { text: text.to_owned(), expression: parser::parse(text)? })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Traefik's priority where none is given: the rule's length in bytes.
    pub fn default_priority(&self) -> i64 {
        i64::try_from(self.text.len()).unwrap_or(i64::MAX)
    }

    /// Whether the request is this rule's.
    pub fn matches(&self, request: &RequestView<'_>) -> bool {
        self.expression.matches(request)
    }

    /// The hosts outside of which the rule never matches.
    pub fn hosts(&self) -> Hosts {
        self.expression.hosts().map_or(Hosts::Open, Hosts::Exactly)
    }

    /// Every host that `Host()` names anywhere in the rule: what a certificate is made for.
    pub fn named_hosts(&self) -> BTreeSet<String> {
        let mut named = BTreeSet::new();
        self.expression.name_hosts(false, &mut named);
        named
    }
}

impl Expression {
    pub(super) fn all(mut parts: Vec<Expression>) -> Expression {
        if parts.len() == 1 { parts.remove(0) } else { Expression::All(parts) }
    }

    pub(super) fn any(mut parts: Vec<Expression>) -> Expression {
        if parts.len() == 1 { parts.remove(0) } else { Expression::Any(parts) }
    }

    fn matches(&self, request: &RequestView<'_>) -> bool {
        match self {
            Expression::All(parts) => parts.iter().all(|part| part.matches(request)),
            Expression::Any(parts) => parts.iter().any(|part| part.matches(request)),
            Expression::Not(inner) => !inner.matches(request),
            Expression::Matcher(matcher) => matcher.matches(request),
        }
    }

    /// `None`: not bound to a set of names.
    fn hosts(&self) -> Option<BTreeSet<String>> {
        match self {
            // Any bound part binds the whole; two bound parts leave what both allow.
            Expression::All(parts) => parts.iter().filter_map(Expression::hosts).reduce(|a, b| &a & &b),
            Expression::Any(parts) => {
                let mut all = BTreeSet::new();
                for part in parts {
                    all.append(&mut part.hosts()?);
                }
                Some(all)
            }
            Expression::Not(_) => None,
            Expression::Matcher(matcher) => {
                matcher.exact_host().map(|host| BTreeSet::from([host.to_owned()]))
            }
        }
    }

    fn name_hosts(&self, negated: bool, into: &mut BTreeSet<String>) {
        match self {
            Expression::All(parts) | Expression::Any(parts) => {
                parts.iter().for_each(|part| part.name_hosts(negated, into));
            }
            Expression::Not(inner) => inner.name_hosts(!negated, into),
            Expression::Matcher(matcher) if !negated => into.extend(matcher.exact_host().map(str::to_owned)),
            Expression::Matcher(_) => {}
        }
    }
}
