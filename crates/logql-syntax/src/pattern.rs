//! Patterns of `|>`, `!>` and `| pattern`: literals and `<captures>`.

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatternPiece {
    /// Text that must stand there.
    Literal(String),
    /// Anything; `None` for `<_>`.
    Capture(Option<String>),
}

/// Splits a pattern. What looks like a capture but has no valid name is literal text.
pub fn pattern_pieces(pattern: &str) -> Vec<PatternPiece> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = pattern;
    while let Some(open) = rest.find('<') {
        let (before, from_open) = rest.split_at(open);
        literal.push_str(before);
        match from_open.find('>').and_then(|close| from_open.get(1..close)).filter(|name| is_name(name)) {
            Some(name) => {
                if !literal.is_empty() {
                    pieces.push(PatternPiece::Literal(std::mem::take(&mut literal)));
                }
                pieces.push(PatternPiece::Capture((name != "_").then(|| name.to_owned())));
                rest = from_open.get(name.len() + 2..).unwrap_or("");
            }
            None => {
                literal.push('<');
                rest = from_open.get(1..).unwrap_or("");
            }
        }
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        pieces.push(PatternPiece::Literal(literal));
    }
    pieces
}

/// Checks the pattern of `| pattern`, with Loki's words.
pub(crate) fn check(pattern: &str) -> Result<(), String> {
    if pattern.is_empty() {
        return Err(
            "parse error at line 1, col 1: syntax error: unexpected $end, expecting IDENTIFIER or LITERAL"
                .to_owned(),
        );
    }
    let pieces = pattern_pieces(pattern);
    let mut names: Vec<&str> = Vec::new();
    let mut twice = None;
    for piece in &pieces {
        if let PatternPiece::Capture(Some(name)) = piece {
            if names.contains(&name.as_str()) {
                twice = twice.or(Some(name));
            }
            names.push(name);
        }
    }
    if names.is_empty() {
        return Err("at least one capture is required".to_owned());
    }
    consecutive(&pieces)?;
    match twice {
        Some(name) => Err(format!("duplicate capture name ({name}): invalid expression")),
        None => Ok(()),
    }
}

/// Checks the pattern of `|>` and `!>`, with Loki's words.
///
/// # Errors
/// What Loki says of it.
pub fn check_line_pattern(pattern: &str) -> Result<(), String> {
    let pieces = pattern_pieces(pattern);
    consecutive(&pieces)?;
    for piece in &pieces {
        if let PatternPiece::Capture(Some(name)) = piece {
            return Err(format!("named captures are not allowed: found '<{name}>'"));
        }
    }
    Ok(())
}

fn consecutive(pieces: &[PatternPiece]) -> Result<(), String> {
    for pair in pieces.windows(2) {
        if let [PatternPiece::Capture(left), PatternPiece::Capture(right)] = pair {
            let name = |capture: &Option<String>| capture.clone().unwrap_or_else(|| "_".to_owned());
            return Err(format!(
                "found consecutive capture '<{}><{}>': invalid expression",
                name(left),
                name(right)
            ));
        }
    }
    Ok(())
}

fn is_name(text: &str) -> bool {
    let mut rest = text.chars();
    rest.next().is_some_and(|first| first == '_' || first.is_ascii_alphabetic())
        && rest.all(|next| next == '_' || next.is_ascii_alphanumeric())
}
