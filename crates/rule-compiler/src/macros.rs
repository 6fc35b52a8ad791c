//! Macros: their trees take the place of their names. A macro sees the ones before it, a rule
//! sees all.

use std::collections::{BTreeMap, BTreeSet};

use rule_syntax::{Expr, ExprKind, Span, limits::TREE_DEPTH_MAX};

use crate::limits::EXPANDED_NODES_MAX;

/// A macro whose own macros are in place.
#[derive(Debug, Clone)]
pub(crate) struct Expanded {
    pub(crate) expr: Expr,
    pub(crate) nodes: usize,
    pub(crate) depth: usize,
}

/// Why macros could not be put in.
pub(crate) struct MacroError {
    pub(crate) message: String,
    pub(crate) span: Span,
    pub(crate) name: Option<String>,
}

/// Puts macros in. Names of the macros used directly are added to `used`.
pub(crate) fn expand(
    expr: &Expr,
    macros: &BTreeMap<String, Expanded>,
    used: &mut BTreeSet<String>,
) -> Result<(Expr, usize), MacroError> {
    let mut nodes = 0;
    let expr = Expander { macros, used, nodes: &mut nodes }.expr(expr, 0)?;
    Ok((expr, nodes))
}

struct Expander<'m> {
    macros: &'m BTreeMap<String, Expanded>,
    used: &'m mut BTreeSet<String>,
    nodes: &'m mut usize,
}

impl Expander<'_> {
    fn expr(&mut self, expr: &Expr, depth: usize) -> Result<Expr, MacroError> {
        *self.nodes += 1;
        let refuse = |message: String| MacroError { message, span: expr.span, name: None };
        let children = |this: &mut Self, children: &[Expr]| -> Result<Vec<Expr>, MacroError> {
            children.iter().map(|child| this.expr(child, depth + 1)).collect()
        };
        let kind = match &expr.kind {
            ExprKind::And(parts) => ExprKind::And(children(self, parts)?),
            ExprKind::Or(parts) => ExprKind::Or(children(self, parts)?),
            ExprKind::Not(child) => ExprKind::Not(Box::new(self.expr(child, depth + 1)?)),
            ExprKind::Macro(name) => {
                let Some(found) = self.macros.get(name) else {
                    return Err(MacroError {
                        message: format!("Undefined macro '{name}' used in filter."),
                        span: expr.span,
                        name: Some(name.clone()),
                    });
                };
                self.used.insert(name.clone());
                *self.nodes += found.nodes;
                if *self.nodes > EXPANDED_NODES_MAX {
                    return Err(refuse(format!(
                        "condition has more than {EXPANDED_NODES_MAX} parts once macros are put in"
                    )));
                }
                if depth + found.depth > TREE_DEPTH_MAX {
                    return Err(refuse(format!(
                        "condition is nested deeper than {TREE_DEPTH_MAX} levels once macros are put in"
                    )));
                }
                return Ok(found.expr.clone());
            }
            ExprKind::Check(check) => ExprKind::Check(check.clone()),
            ExprKind::Error => ExprKind::Error,
        };
        Ok(Expr { kind, span: expr.span })
    }
}
