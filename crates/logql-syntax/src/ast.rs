//! The tree of a query. Plain data: what the grammar says, nothing resolved. The file is long
//! because the grammar is.

/// A whole query.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// Gives lines.
    Log(LogExpr),
    /// Gives numbers.
    Sample(SampleExpr),
}

/// `{a="b"} | …`
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogExpr {
    /// The stream selector.
    pub matchers: Vec<Matcher>,
    /// The pipeline, in order.
    pub stages: Vec<Stage>,
}

/// One comparison of a selector, of `drop` or of `keep`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matcher {
    /// Label name.
    pub name: String,
    /// Operator.
    pub op: MatchOp,
    /// Text or pattern, unquoted.
    pub value: String,
}

/// `=`, `!=`, `=~`, `!~`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchOp {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`, anchored
    Regex,
    /// `!~`, anchored
    NotRegex,
}

/// One stage of a pipeline.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// `|= "x"` and its kin.
    LineFilter(LineFilter),
    /// `| json` with optional expressions.
    Json(Vec<Extraction>),
    /// `| logfmt` with optional expressions.
    Logfmt {
        /// `--strict`
        strict: bool,
        /// `--keep-empty`
        keep_empty: bool,
        /// Only these fields, if any are named.
        extractions: Vec<Extraction>,
    },
    /// `| regexp "…"`
    Regexp(String),
    /// `| pattern "…"`
    Pattern(String),
    /// `| unpack`
    Unpack,
    /// `| label > 5`
    LabelFilter(LabelFilter),
    /// `| line_format "…"`
    LineFormat(String),
    /// `| label_format a=b, c="…"`
    LabelFormat(Vec<LabelFormat>),
    /// `| decolorize`
    Decolorize,
    /// `| drop a, b="x"`
    Drop(Vec<LabelPick>),
    /// `| keep a, b="x"`
    Keep(Vec<LabelPick>),
}

/// A line filter; its terms are joined by `or`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineFilter {
    /// Operator.
    pub op: LineOperator,
    /// At least one. Negative operators refuse a line that holds any of them.
    pub terms: Vec<LineTerm>,
}

/// What a line filter looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineTerm {
    /// Text, regex, pattern, or address range.
    pub text: String,
    /// Written as `ip("…")`.
    pub ip: bool,
}

/// The six line filter operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineOperator {
    /// `|=`
    Contains,
    /// `!=`
    NotContains,
    /// `|~`
    Matches,
    /// `!~`
    NotMatches,
    /// `|>`
    Pattern,
    /// `!>`
    NotPattern,
}

/// `name` or `name="expression"` after `json` or `logfmt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extraction {
    /// The label that is set.
    pub name: String,
    /// Where it comes from; the name itself when nothing was written.
    pub expression: String,
}

/// A filter over labels.
#[derive(Debug, Clone, PartialEq)]
pub enum LabelFilter {
    /// `name = "text"`, also with regexes.
    Text(Matcher),
    /// `name > 5`, `> 5s`, `> 5KB`.
    Compare {
        /// Label name.
        name: String,
        /// Operator.
        op: Comparison,
        /// With what.
        value: FilterValue,
    },
    /// `name = ip("…")`
    Ip {
        /// Label name.
        name: String,
        /// Written with `!=`.
        negated: bool,
        /// Address, range or prefix.
        range: String,
    },
    /// Both (`and`, a comma, or nothing between).
    And(Box<LabelFilter>, Box<LabelFilter>),
    /// Either.
    Or(Box<LabelFilter>, Box<LabelFilter>),
}

/// The right side of a numeric label filter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FilterValue {
    /// A bare number.
    Number(f64),
    /// Nanoseconds.
    Duration(i64),
    /// Bytes.
    Bytes(u64),
}

/// Order comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `==` or `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
}

/// One assignment of `label_format`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelFormat {
    /// The label that is set.
    pub name: String,
    /// From what.
    pub source: LabelFormatSource,
}

/// The right side of a `label_format` assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelFormatSource {
    /// Rename this label.
    Rename(String),
    /// Run this template.
    Template(String),
}

/// An element of `drop` or `keep`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelPick {
    /// By name.
    Name(String),
    /// Only when the value matches.
    Matching(Matcher),
}

/// An expression that gives numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum SampleExpr {
    /// `rate({…}[5m])`
    Range(RangeAggregation),
    /// `sum by (a) (…)`
    Vector(VectorAggregation),
    /// `a + b`
    Binary(Binary),
    /// `label_replace(…)`
    LabelReplace {
        /// The vector.
        inner: Box<SampleExpr>,
        /// Label that is set.
        destination: String,
        /// With `$1`.
        replacement: String,
        /// Label that is read.
        source: String,
        /// Anchored.
        regex: String,
    },
    /// A bare number.
    Literal(f64),
    /// `vector(n)`
    VectorLiteral(f64),
    /// `variants(…) of (…)`
    Variants(Variants),
}

/// `variants(a, b) of ({…}[5m])`
#[derive(Debug, Clone, PartialEq)]
pub struct Variants {
    /// The expressions, numbered from 0 in the result.
    pub of: Vec<SampleExpr>,
    /// The shared range.
    pub log: LogExpr,
    /// Its length.
    pub interval_ns: i64,
}

/// A range aggregation.
#[derive(Debug, Clone, PartialEq)]
pub struct RangeAggregation {
    /// Which.
    pub function: RangeFunction,
    /// Of `quantile_over_time`.
    pub parameter: Option<f64>,
    /// The lines.
    pub log: LogExpr,
    /// Length of the window.
    pub interval_ns: i64,
    /// How far the window lies in the past.
    pub offset_ns: i64,
    /// `| unwrap x`
    pub unwrap: Option<Unwrap>,
    /// `by (…)`, `without (…)`
    pub grouping: Option<Grouping>,
}

/// `| unwrap duration(x) | filter…`
#[derive(Debug, Clone, PartialEq)]
pub struct Unwrap {
    /// Label whose value is the sample.
    pub label: String,
    /// How its text is read.
    pub conversion: Option<Conversion>,
    /// Filters that stand after it.
    pub filters: Vec<LabelFilter>,
}

/// How an unwrapped text becomes a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversion {
    /// Bytes with a unit.
    Bytes,
    /// Go duration, in seconds.
    Duration,
    /// The same under its other name.
    DurationSeconds,
}

/// Range functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are LogQL's own")]
pub enum RangeFunction {
    Rate,
    RateCounter,
    CountOverTime,
    BytesRate,
    BytesOverTime,
    AvgOverTime,
    SumOverTime,
    MinOverTime,
    MaxOverTime,
    StdvarOverTime,
    StddevOverTime,
    QuantileOverTime,
    FirstOverTime,
    LastOverTime,
    AbsentOverTime,
}

/// A vector aggregation.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorAggregation {
    /// Which.
    pub function: VectorFunction,
    /// Of `topk` and its kin.
    pub parameter: Option<i64>,
    /// The vector.
    pub inner: Box<SampleExpr>,
    /// `by` or `without`.
    pub grouping: Option<Grouping>,
}

/// Vector functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are LogQL's own")]
pub enum VectorFunction {
    Sum,
    Avg,
    Min,
    Max,
    Count,
    Stddev,
    Stdvar,
    Topk,
    Bottomk,
    ApproxTopk,
    Sort,
    SortDesc,
}

/// `by (a, b)` or `without (a, b)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    /// `without`
    pub without: bool,
    /// As written.
    pub labels: Vec<String>,
}

/// A binary operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Binary {
    /// Operator.
    pub op: BinaryOperator,
    /// Left.
    pub left: Box<SampleExpr>,
    /// Right.
    pub right: Box<SampleExpr>,
    /// `bool` was written.
    pub return_bool: bool,
    /// How vectors find each other.
    pub matching: VectorMatching,
}

/// `on (…) group_left (…)`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VectorMatching {
    /// `Some(true)` for `on`, `Some(false)` for `ignoring`.
    pub on: Option<bool>,
    /// Labels of `on` or `ignoring`.
    pub labels: Vec<String>,
    /// `Some(true)` for `group_left`, `Some(false)` for `group_right`.
    pub group_left: Option<bool>,
    /// Labels in its parentheses.
    pub include: Vec<String>,
}

/// Binary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are LogQL's own")]
pub enum BinaryOperator {
    Or,
    And,
    Unless,
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl BinaryOperator {
    /// What two numbers give: a comparison is 0 or 1, and dividing by zero is no number (Loki).
    pub fn of_literals(self, left: f64, right: f64) -> f64 {
        let truth = |holds: bool| f64::from(u8::from(holds));
        match self {
            BinaryOperator::Add => left + right,
            BinaryOperator::Sub => left - right,
            BinaryOperator::Mul => left * right,
            BinaryOperator::Div | BinaryOperator::Mod if right == 0.0 => f64::NAN,
            BinaryOperator::Div => left / right,
            BinaryOperator::Mod => left % right,
            BinaryOperator::Pow => left.powf(right),
            BinaryOperator::Equal => truth(left == right),
            BinaryOperator::NotEqual => truth(left != right),
            BinaryOperator::Greater => truth(left > right),
            BinaryOperator::GreaterOrEqual => truth(left >= right),
            BinaryOperator::Less => truth(left < right),
            BinaryOperator::LessOrEqual => truth(left <= right),
            BinaryOperator::Or | BinaryOperator::And | BinaryOperator::Unless => f64::NAN,
        }
    }
}
