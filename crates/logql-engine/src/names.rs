//! Label names as small numbers, so that rows compare integers.

use std::{collections::HashMap, sync::Arc};

use crate::limits;

/// A label name of this query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NameId(u32);

/// `__error__`
pub(crate) const ERROR: NameId = NameId(0);
/// `__error_details__`
pub(crate) const ERROR_DETAILS: NameId = NameId(1);

impl NameId {
    pub(crate) fn number(self) -> u32 {
        self.0
    }
}

/// The names one query has met.
#[derive(Debug)]
pub(crate) struct Names {
    ids: HashMap<Arc<str>, NameId>,
    texts: Vec<Arc<str>>,
    extracted: Vec<Option<NameId>>,
}

impl Names {
    pub(crate) fn new() -> Self {
        let mut names = Names { ids: HashMap::new(), texts: Vec::new(), extracted: Vec::new() };
        names.id("__error__");
        names.id("__error_details__");
        names
    }

    /// The number of a name; beyond the bound all further names share one that is never used.
    pub(crate) fn id(&mut self, text: &str) -> NameId {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = NameId(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        let text: Arc<str> = text.into();
        self.ids.insert(text.clone(), id);
        self.texts.push(text);
        self.extracted.push(None);
        id
    }

    /// The number of a name that was met before.
    pub(crate) fn known(&self, text: &str) -> Option<NameId> {
        self.ids.get(text).copied()
    }

    /// Like [`Names::id`], for names that come out of lines: `None` beyond the bound.
    pub(crate) fn foreign_id(&mut self, text: &str) -> Option<NameId> {
        if let Some(id) = self.ids.get(text) {
            return Some(*id);
        }
        (self.texts.len() < limits::NAMES_MAX).then(|| self.id(text))
    }

    pub(crate) fn text(&self, id: NameId) -> &Arc<str> {
        static EMPTY: std::sync::OnceLock<Arc<str>> = std::sync::OnceLock::new();
        usize::try_from(id.0)
            .ok()
            .and_then(|index| self.texts.get(index))
            .unwrap_or_else(|| EMPTY.get_or_init(|| Arc::from("")))
    }

    /// The name with `_extracted` behind it.
    pub(crate) fn extracted(&mut self, id: NameId) -> NameId {
        let index = id.0 as usize;
        if let Some(Some(found)) = self.extracted.get(index) {
            return *found;
        }
        let text = format!("{}_extracted", self.text(id));
        let found = self.id(&text);
        if let Some(slot) = self.extracted.get_mut(index) {
            *slot = Some(found);
        }
        found
    }
}
