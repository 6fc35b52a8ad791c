//! Walks over the tree: visiting, measuring, moving spans.

use crate::{Argument, Check, Expr, ExprKind, FieldExpr, Left, Right, Transform};

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
