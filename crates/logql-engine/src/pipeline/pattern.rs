//! Patterns run over lines, as Loki's matcher does it.

use logql_syntax::{PatternPiece, pattern_pieces};
use memchr::memmem;

use crate::names::{NameId, Names};

/// `|>` and `!>`.
#[derive(Debug, Clone)]
pub(crate) struct LinePattern(Vec<PatternPiece>);

impl LinePattern {
    pub(crate) fn new(pattern: &str) -> Self {
        LinePattern(pattern_pieces(pattern))
    }

    pub(crate) fn matches(&self, line: &str) -> bool {
        if line.is_empty() || self.0.is_empty() {
            return line.is_empty() && self.0.is_empty();
        }
        let mut rest = line;
        for (index, piece) in self.0.iter().enumerate() {
            let PatternPiece::Literal(literal) = piece else { continue };
            let Some(at) = memmem::find(rest.as_bytes(), literal.as_bytes()) else { return false };
            // The first literal stands at the start; between two of them something must stand.
            if (index == 0) != (at == 0) {
                return false;
            }
            rest = rest.get(at + literal.len()..).unwrap_or("");
        }
        match self.0.last() {
            Some(PatternPiece::Literal(_)) => rest.is_empty(),
            _ => !rest.is_empty(),
        }
    }
}

/// `| pattern`.
#[derive(Debug, Clone)]
pub(crate) struct PatternParser {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone)]
enum Piece {
    Literal(String),
    Capture(Option<NameId>),
}

impl PatternParser {
    pub(crate) fn new(pattern: &str, names: &mut Names) -> Self {
        let pieces = pattern_pieces(pattern)
            .into_iter()
            .map(|piece| match piece {
                PatternPiece::Literal(text) => Piece::Literal(text),
                PatternPiece::Capture(name) => Piece::Capture(name.map(|name| names.id(&name))),
            })
            .collect();
        PatternParser { pieces }
    }

    /// Calls `visit` with each named capture. A missing literal gives the rest of the line to the
    /// capture before it and ends the match.
    pub(crate) fn captures(&self, line: &str, mut visit: impl FnMut(NameId, &str)) {
        let mut rest = line;
        let mut pieces = self.pieces.as_slice();
        if let [Piece::Literal(first), tail @ ..] = pieces {
            match rest.strip_prefix(first.as_str()) {
                Some(after) => rest = after,
                None => return,
            }
            pieces = tail;
        }
        if line.is_empty() {
            return;
        }
        while let [Piece::Capture(name), tail @ ..] = pieces {
            let (found, missing) = match tail {
                [Piece::Literal(literal), ..] => match memmem::find(rest.as_bytes(), literal.as_bytes()) {
                    Some(at) => {
                        let found = rest.get(..at).unwrap_or("");
                        rest = rest.get(at + literal.len()..).unwrap_or("");
                        (found, false)
                    }
                    None => (rest, true),
                },
                _ => (rest, true),
            };
            if let Some(name) = name {
                visit(*name, found);
            }
            if missing {
                return;
            }
            pieces = tail.get(1..).unwrap_or(&[]);
        }
    }
}
