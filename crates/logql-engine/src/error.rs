//! Why a query has no answer.

/// The mistake, with the text a Loki client expects.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The query is not LogQL.
    #[error("{0}")]
    Parse(#[from] logql_syntax::ParseError),
    /// The request makes no sense (a parameter, an instant log query, …).
    #[error("{0}")]
    BadRequest(String),
    /// A bound of [`crate::Limits`] was hit.
    #[error("{0}")]
    Limit(String),
    /// A line could not be parsed and the query does not say to skip it.
    #[error(
        "pipeline error: '{kind}' for series: '{series}'.\nUse a label filter to intentionally skip this error. (e.g | __error__!=\"{kind}\").\nTo skip all potential errors you can match empty errors.(e.g __error__=\"\")\nThe label filter can also be specified after unwrap. (e.g | unwrap latency | __error__=\"\" )\n"
    )]
    Pipeline {
        /// `JSONParserErr` and the like.
        kind: String,
        /// The series, printed.
        series: String,
    },
    /// Vectors that do not match each other; Loki answers 500.
    #[error("{0}")]
    Matching(String),
    /// The caller gave up.
    #[error("context canceled")]
    Cancelled,
    /// It took too long.
    #[error(
        "request timed out, decrease the duration of the request or add more label matchers (prefer exact match over regex match) to reduce the amount of data processed"
    )]
    TimedOut,
    /// The store failed.
    #[error("{0}")]
    Read(#[from] log_record::ReadError),
}
