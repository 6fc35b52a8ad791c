//! Arithmetic on literals, done before anything runs.

use logql_syntax::{Binary, SampleExpr, VectorAggregation};

/// The same expression with every operation on two literals replaced by its result.
pub(crate) fn fold(expr: &SampleExpr) -> SampleExpr {
    match expr {
        SampleExpr::Binary(binary) => {
            let (left, right) = (fold(&binary.left), fold(&binary.right));
            if let (SampleExpr::Literal(left), SampleExpr::Literal(right)) = (&left, &right) {
                return SampleExpr::Literal(binary.op.of_literals(*left, *right));
            }
            SampleExpr::Binary(Binary { left: Box::new(left), right: Box::new(right), ..binary.clone() })
        }
        SampleExpr::Vector(vector) => {
            SampleExpr::Vector(VectorAggregation { inner: Box::new(fold(&vector.inner)), ..vector.clone() })
        }
        SampleExpr::LabelReplace { inner, destination, replacement, source, regex } => {
            SampleExpr::LabelReplace {
                inner: Box::new(fold(inner)),
                destination: destination.clone(),
                replacement: replacement.clone(),
                source: source.clone(),
                regex: regex.clone(),
            }
        }
        other => other.clone(),
    }
}
