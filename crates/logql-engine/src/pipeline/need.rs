//! Which labels anyone asks for after the pipeline: parsers extract no others.

use crate::names::NameId;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Need {
    /// All of them: they end up in the answer.
    All,
    /// Only these.
    Some(Vec<NameId>),
}

impl Need {
    pub(crate) fn wants(&self, name: NameId) -> bool {
        match self {
            Need::All => true,
            Need::Some(names) => names.contains(&name),
        }
    }

    /// Nothing is needed, so parsers need not run (nor fail).
    pub(crate) fn is_nothing(&self) -> bool {
        matches!(self, Need::Some(names) if names.is_empty())
    }

    pub(crate) fn add(&mut self, name: NameId) {
        if let Need::Some(names) = self
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
}
