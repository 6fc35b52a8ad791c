//! The place in the token list, and the errors that come from it.

use crate::{
    limits,
    token::{Kind, Token},
};

/// Why a query is not LogQL; prints as Loki does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ParseError {
    /// What is wrong.
    pub message: String,
    /// From 1; 0 when Loki gives none.
    pub line: usize,
    /// From 1; 0 when Loki gives none.
    pub column: usize,
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.line == 0 && self.column == 0 {
            write!(f, "parse error : {}", self.message)
        } else {
            write!(f, "parse error at line {}, col {}: {}", self.line, self.column, self.message)
        }
    }
}

impl ParseError {
    /// An error without a place: the syntax is right, the meaning is not.
    pub(crate) fn meaning(message: impl Into<String>) -> Self {
        ParseError { message: message.into(), line: 0, column: 0 }
    }
}

/// The parser's position.
pub(super) struct Cursor {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

const END: Kind = Kind::End;

impl Cursor {
    pub(super) fn new(tokens: Vec<Token>) -> Self {
        Cursor { tokens, at: 0, depth: 0 }
    }

    pub(super) fn peek(&self) -> &Kind {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> &Kind {
        let index = self.at.saturating_add(ahead).min(self.tokens.len().saturating_sub(1));
        self.tokens.get(index).map_or(&END, |token| &token.kind)
    }

    pub(super) fn advance(&mut self) -> Kind {
        let kind = self.peek().clone();
        self.at = self.at.saturating_add(1).min(self.tokens.len().saturating_sub(1));
        kind
    }

    pub(super) fn is(&self, word: &str) -> bool {
        self.is_at(0, word)
    }

    pub(super) fn is_at(&self, ahead: usize, word: &str) -> bool {
        matches!(self.peek_at(ahead), Kind::Word(found) if *found == word)
    }

    /// Takes the word if it is next.
    pub(super) fn take(&mut self, word: &str) -> bool {
        let found = self.is(word);
        if found {
            self.advance();
        }
        found
    }

    /// Takes the word or fails, naming `expecting`.
    pub(super) fn expect(&mut self, word: &str, expecting: &[&str]) -> Result<(), ParseError> {
        if self.take(word) { Ok(()) } else { Err(self.unexpected(expecting)) }
    }

    pub(super) fn identifier(&mut self, expecting: &[&str]) -> Result<String, ParseError> {
        match self.peek() {
            Kind::Identifier(name) => {
                let name = name.clone();
                self.advance();
                Ok(name)
            }
            _ => Err(self.unexpected(expecting)),
        }
    }

    pub(super) fn text(&mut self, expecting: &[&str]) -> Result<String, ParseError> {
        match self.peek() {
            Kind::Text(text) => {
                let text = text.clone();
                self.advance();
                Ok(text)
            }
            _ => Err(self.unexpected(expecting)),
        }
    }

    /// `syntax error: unexpected X, expecting A or B` at the next token.
    ///
    /// Loki's parser generator lists what it expected only when that is at most four tokens.
    pub(super) fn unexpected(&self, expecting: &[&str]) -> ParseError {
        let (line, column) = self
            .tokens
            .get(self.at)
            .or(self.tokens.last())
            .map_or((0, 0), |token| (token.line, token.column));
        if let Kind::Broken(message) = self.peek() {
            return ParseError { message: message.clone(), line, column };
        }
        let mut message = format!("syntax error: unexpected {}", self.peek().name());
        if !expecting.is_empty() && expecting.len() <= 4 {
            message.push_str(", expecting ");
            message.push_str(&expecting.join(" or "));
        }
        ParseError { message, line, column }
    }

    /// Enters one level of nesting; every success is paired with [`Cursor::leave`].
    pub(super) fn enter(&mut self) -> Result<(), ParseError> {
        self.depth += 1;
        if self.depth > limits::NESTING_MAX {
            return Err(ParseError::meaning(format!(
                "the query is nested deeper than {} levels",
                limits::NESTING_MAX
            )));
        }
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }
}
