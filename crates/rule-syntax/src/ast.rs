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

impl Expr {
    /// Calls `visit` for this node and all below it, parents first. Depth is bounded by
    /// [`crate::limits::TREE_DEPTH_MAX`].
    pub fn walk<'e>(&'e self, visit: &mut dyn FnMut(&'e Expr)) {
        visit(self);
        match &self.kind {
            ExprKind::And(children) | ExprKind::Or(children) => {
                for child in children {
                    child.walk(visit);
                }
            }
            ExprKind::Not(child) => child.walk(visit),
            ExprKind::Check(_) | ExprKind::Macro(_) | ExprKind::Error => {}
        }
    }

    /// Levels of this tree; a leaf has one.
    pub fn depth(&self) -> usize {
        match &self.kind {
            ExprKind::And(children) | ExprKind::Or(children) => {
                1 + children.iter().map(Expr::depth).max().unwrap_or(0)
            }
            ExprKind::Not(child) => 1 + child.depth(),
            ExprKind::Check(_) | ExprKind::Macro(_) | ExprKind::Error => 1,
        }
    }
}

impl Transform {
    /// Calls `visit` for every field below.
    pub fn fields<'t>(&'t self, visit: &mut dyn FnMut(&'t FieldExpr)) {
        for argument in &self.arguments {
            argument.fields(visit);
        }
    }
}

impl Argument {
    fn fields<'t>(&'t self, visit: &mut dyn FnMut(&'t FieldExpr)) {
        match self {
            Argument::Field(field) => visit(field),
            Argument::Transform(transform) => transform.fields(visit),
            Argument::List(items) => {
                for item in items {
                    item.fields(visit);
                }
            }
            Argument::Text(_) | Argument::Number(_) => {}
        }
    }
}

impl Check {
    /// Calls `visit` for every field of either side.
    pub fn fields<'t>(&'t self, visit: &mut dyn FnMut(&'t FieldExpr)) {
        match &self.left {
            Left::Field(field) => visit(field),
            Left::Transform(transform) => transform.fields(visit),
        }
        match &self.right {
            Right::Field(field) => visit(field),
            Right::Transform(transform) => transform.fields(visit),
            Right::None | Right::Value(_) | Right::List(_) => {}
        }
    }
}

impl Expr {
    /// Moves the spans of this node and all below it by `by` bytes: trees of several texts can
    /// then share one table of places.
    pub fn shift(&mut self, by: usize) {
        self.span.shift(by);
        match &mut self.kind {
            ExprKind::And(children) | ExprKind::Or(children) => {
                children.iter_mut().for_each(|child| child.shift(by));
            }
            ExprKind::Not(child) => child.shift(by),
            ExprKind::Check(check) => check.shift(by),
            ExprKind::Macro(_) | ExprKind::Error => {}
        }
    }
}

impl Check {
    fn shift(&mut self, by: usize) {
        self.operator_span.shift(by);
        match &mut self.left {
            Left::Field(field) => field.span.shift(by),
            Left::Transform(transform) => transform.shift(by),
        }
        match &mut self.right {
            Right::None => {}
            Right::Value(word) => word.span.shift(by),
            Right::List(words) => words.iter_mut().for_each(|word| word.span.shift(by)),
            Right::Field(field) => field.span.shift(by),
            Right::Transform(transform) => transform.shift(by),
        }
    }
}

impl Transform {
    fn shift(&mut self, by: usize) {
        self.span.shift(by);
        self.arguments.iter_mut().for_each(|argument| argument.shift(by));
    }
}

impl Argument {
    fn shift(&mut self, by: usize) {
        match self {
            Argument::Field(field) => field.span.shift(by),
            Argument::Transform(transform) => transform.shift(by),
            Argument::Text(word) | Argument::Number(word) => word.span.shift(by),
            Argument::List(items) => items.iter_mut().for_each(|item| item.shift(by)),
        }
    }
}
