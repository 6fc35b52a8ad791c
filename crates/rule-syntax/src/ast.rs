//! The tree of a condition. Every node knows where it stands.

use crate::Span;

/// A condition or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it says.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of conditions.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// All must hold; two or more.
    And(Vec<Expr>),
    /// One must hold; two or more.
    Or(Vec<Expr>),
    /// Must not hold.
    Not(Box<Expr>),
    /// A comparison.
    Check(Box<Check>),
    /// The name of a macro.
    Macro(String),
    /// Text that is no condition; a diagnostic says why.
    Error,
}

/// `field operator value`.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// What is tested.
    pub left: Left,
    /// How.
    pub operator: Operator,
    /// `oneof`, `anyof`, `allof` after a text operator.
    pub modifier: Option<Modifier>,
    /// With what.
    pub right: Right,
    /// Where the operator stands.
    pub operator_span: Span,
}

/// The tested value: a field or a transformed one.
#[derive(Debug, Clone, PartialEq)]
pub enum Left {
    /// A field.
    Field(FieldExpr),
    /// A transformer around something.
    Transform(Transform),
}

/// `name` or `name[argument]`.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldExpr {
    /// Dotted name.
    pub name: String,
    /// Text between the brackets, unquoted.
    pub argument: Option<String>,
    /// Where it stands.
    pub span: Span,
}

/// A call such as `tolower(proc.name)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Transform {
    /// Which one.
    pub kind: TransformKind,
    /// What it is given.
    pub arguments: Vec<Argument>,
    /// `getopt(...)[x]`: the text between the brackets.
    pub index: Option<String>,
    /// Where it stands.
    pub span: Span,
}

/// An argument of a transformer.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    /// A field.
    Field(FieldExpr),
    /// Another transformer.
    Transform(Transform),
    /// A quoted text.
    Text(Word),
    /// A number, as written.
    Number(Word),
    /// `(a, b)`.
    List(Vec<Argument>),
}

/// The right side of a check.
#[derive(Debug, Clone, PartialEq)]
pub enum Right {
    /// Nothing: `exists`.
    None,
    /// One value; a bare name where a list is expected is one too.
    Value(Word),
    /// Values in parentheses.
    List(Vec<Word>),
    /// `val(field)`: the value of another field.
    Field(FieldExpr),
    /// A transformed field.
    Transform(Transform),
}

/// A constant as text, unquoted and with escapes resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Its text.
    pub text: String,
    /// Where it stands, quotes included.
    pub span: Span,
}

/// The 20 operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are Falco's")]
pub enum Operator {
    Exists,
    Le,
    Lt,
    Ge,
    Gt,
    EqEq,
    Eq,
    Ne,
    Glob,
    IGlob,
    Contains,
    IContains,
    BContains,
    StartsWith,
    BStartsWith,
    EndsWith,
    Regex,
    Intersects,
    In,
    PMatch,
}

impl Operator {
    /// All, in the order Falco's messages list them.
    pub const ALL: [Operator; 20] = [
        Operator::Exists,
        Operator::Le,
        Operator::Lt,
        Operator::Ge,
        Operator::Gt,
        Operator::EqEq,
        Operator::Eq,
        Operator::Ne,
        Operator::Glob,
        Operator::IGlob,
        Operator::Contains,
        Operator::IContains,
        Operator::BContains,
        Operator::StartsWith,
        Operator::BStartsWith,
        Operator::EndsWith,
        Operator::Regex,
        Operator::Intersects,
        Operator::In,
        Operator::PMatch,
    ];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Operator::Exists => "exists",
            Operator::Le => "<=",
            Operator::Lt => "<",
            Operator::Ge => ">=",
            Operator::Gt => ">",
            Operator::EqEq => "==",
            Operator::Eq => "=",
            Operator::Ne => "!=",
            Operator::Glob => "glob",
            Operator::IGlob => "iglob",
            Operator::Contains => "contains",
            Operator::IContains => "icontains",
            Operator::BContains => "bcontains",
            Operator::StartsWith => "startswith",
            Operator::BStartsWith => "bstartswith",
            Operator::EndsWith => "endswith",
            Operator::Regex => "regex",
            Operator::Intersects => "intersects",
            Operator::In => "in",
            Operator::PMatch => "pmatch",
        }
    }

    /// The operator with this name.
    pub fn by_name(name: &str) -> Option<Operator> {
        Operator::ALL.into_iter().find(|operator| operator.name() == name)
    }

    /// `in`, `intersects`, `pmatch`: they take a list.
    pub fn takes_list(self) -> bool {
        matches!(self, Operator::In | Operator::Intersects | Operator::PMatch)
    }

    /// The operators that `oneof`, `anyof` and `allof` may follow.
    pub fn takes_modifier(self) -> bool {
        use Operator::{
            BContains, BStartsWith, Contains, EndsWith, Eq, EqEq, Glob, IContains, IGlob, Ne, Regex,
            StartsWith,
        };
        matches!(
            self,
            EqEq | Eq
                | Ne
                | Glob
                | IGlob
                | Contains
                | IContains
                | BContains
                | StartsWith
                | BStartsWith
                | EndsWith
                | Regex
        )
    }
}

/// How many of a list must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are Falco's: exactly one, at least one, every one")]
pub enum Modifier {
    OneOf,
    AnyOf,
    AllOf,
}

impl Modifier {
    /// All of them.
    pub const ALL: [Modifier; 3] = [Modifier::OneOf, Modifier::AnyOf, Modifier::AllOf];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Modifier::OneOf => "oneof",
            Modifier::AnyOf => "anyof",
            Modifier::AllOf => "allof",
        }
    }
}

/// The eight transformers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are Falco's")]
pub enum TransformKind {
    ToLower,
    ToUpper,
    B64,
    Basename,
    Len,
    Join,
    Concat,
    Getopt,
}

impl TransformKind {
    /// All of them.
    pub const ALL: [TransformKind; 8] = [
        TransformKind::ToLower,
        TransformKind::ToUpper,
        TransformKind::B64,
        TransformKind::Basename,
        TransformKind::Len,
        TransformKind::Join,
        TransformKind::Concat,
        TransformKind::Getopt,
    ];

    /// As it is written, without the parenthesis.
    pub fn name(self) -> &'static str {
        match self {
            TransformKind::ToLower => "tolower",
            TransformKind::ToUpper => "toupper",
            TransformKind::B64 => "b64",
            TransformKind::Basename => "basename",
            TransformKind::Len => "len",
            TransformKind::Join => "join",
            TransformKind::Concat => "concat",
            TransformKind::Getopt => "getopt",
        }
    }
}
