//! Tokens, with the names Loki gives them in error messages.

/// A token and where it starts. Line 0 stands for "Loki forgot the line", see `lexer`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    End,
    Identifier(String),
    Text(String),
    Number(String),
    Duration(i64),
    Bytes(u64),
    Range(i64),
    /// Operators, punctuation, keywords, functions: their lower-case text.
    Word(&'static str),
    /// The lexer failed here with this message.
    Broken(String),
}

impl Kind {
    /// How Loki names it in `unexpected …`.
    pub(crate) fn name(&self) -> &str {
        match self {
            Kind::End | Kind::Broken(_) => "$end",
            Kind::Identifier(_) => "IDENTIFIER",
            Kind::Text(_) => "STRING",
            Kind::Number(_) => "NUMBER",
            Kind::Duration(_) => "DURATION",
            Kind::Bytes(_) => "BYTES",
            Kind::Range(_) => "RANGE",
            Kind::Word(word) => word,
        }
    }
}

/// Words that are functions only before `(`, `by (` or `without (`; otherwise identifiers.
pub(crate) const FUNCTIONS: &[&str] = &[
    "approx_topk",
    "absent_over_time",
    "avg",
    "avg_over_time",
    "bottomk",
    "bytes",
    "bytes_over_time",
    "bytes_rate",
    "count",
    "count_over_time",
    "duration",
    "duration_seconds",
    "first_over_time",
    "ip",
    "label_replace",
    "last_over_time",
    "max",
    "max_over_time",
    "min",
    "min_over_time",
    "quantile_over_time",
    "rate",
    "rate_counter",
    "sort",
    "sort_desc",
    "stddev",
    "stddev_over_time",
    "stdvar",
    "stdvar_over_time",
    "sum",
    "sum_over_time",
    "topk",
    "variants",
    "vector",
];

/// Keywords; never identifiers.
pub(crate) const KEYWORDS: &[&str] = &[
    "and",
    "bool",
    "by",
    "decolorize",
    "drop",
    "group_left",
    "group_right",
    "ignoring",
    "json",
    "keep",
    "label_format",
    "line_format",
    "logfmt",
    "of",
    "offset",
    "on",
    "or",
    "pattern",
    "regexp",
    "unless",
    "unpack",
    "unwrap",
    "without",
];

/// Operators of two characters.
pub(crate) const PAIRS: &[&str] = &["!=", "!>", "!~", "<=", "==", "=~", ">=", "|=", "|>", "|~"];

/// Operators of one character.
pub(crate) const SINGLES: &[&str] =
    &["%", "(", ")", "*", "+", ",", "-", ".", "/", "<", "=", ">", "]", "^", "{", "|", "}"];

/// Flags of `logfmt`.
pub(crate) const FLAGS: &[&str] = &["--keep-empty", "--strict"];
