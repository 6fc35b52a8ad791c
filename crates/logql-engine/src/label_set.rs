//! The labels of the row at hand: stream labels below, metadata and parsed labels above.
//!
//! One instance is reused for all rows; values live in one text buffer, so a row allocates
//! nothing. Precedence is Loki's: parsed over structured metadata over stream labels.

use std::{rc::Rc, sync::Arc};

use log_record::Labels;

use crate::{
    names::{self, NameId, Names},
    result::EntryLabels,
};

/// Where a label came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Category {
    Metadata,
    Parsed,
}

/// A stream's labels with their names as numbers.
#[derive(Debug)]
pub(crate) struct Base {
    pub(crate) labels: Labels,
    ids: Vec<NameId>,
}

impl Base {
    pub(crate) fn new(labels: Labels, names: &mut Names) -> Rc<Self> {
        let ids = labels.iter().map(|(name, _)| names.id(name)).collect();
        Rc::new(Base { labels, ids })
    }

    pub(crate) fn has(&self, id: NameId) -> bool {
        self.ids.contains(&id)
    }

    fn pairs(&self) -> impl Iterator<Item = (NameId, &str)> {
        self.ids.iter().copied().zip(self.labels.iter().map(|(_, value)| value))
    }
}

#[derive(Debug, Clone, Copy)]
struct Added {
    name: NameId,
    category: Category,
    start: u32,
    end: u32,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct LabelSet {
    base: Rc<Base>,
    added: Vec<Added>,
    removed: Vec<NameId>,
    text: String,
    error: Option<&'static str>,
    error_details: String,
}

impl LabelSet {
    pub(crate) fn new(names: &mut Names) -> Self {
        let base = Base::new(Labels::new(Vec::<(String, String)>::new()), names);
        LabelSet {
            base,
            added: Vec::new(),
            removed: Vec::new(),
            text: String::new(),
            error: None,
            error_details: String::new(),
        }
    }

    /// Starts the next row.
    pub(crate) fn reset(&mut self, base: &Rc<Base>) {
        if !Rc::ptr_eq(&self.base, base) {
            self.base = base.clone();
        }
        self.added.clear();
        self.removed.clear();
        self.text.clear();
        self.error = None;
        self.error_details.clear();
    }

    pub(crate) fn base_has(&self, name: NameId) -> bool {
        self.base.has(name)
    }

    /// The same by text; for names that were never interned.
    pub(crate) fn base_has_text(&self, name: &str) -> bool {
        self.base.labels.get(name).is_some()
    }

    /// Whether a parser (or `label_format`) already set it.
    pub(crate) fn has_parsed(&self, name: NameId) -> bool {
        self.added.iter().any(|added| added.name == name && added.category == Category::Parsed)
    }

    pub(crate) fn get(&self, name: NameId) -> Option<&str> {
        if name == names::ERROR {
            return self.error;
        }
        if name == names::ERROR_DETAILS && self.error.is_some() {
            return Some(&self.error_details);
        }
        if let Some(added) = self.added.iter().rev().find(|added| added.name == name) {
            return self.slice(added);
        }
        if self.removed.contains(&name) {
            return None;
        }
        self.base.pairs().find(|(id, _)| *id == name).map(|(_, value)| value)
    }

    fn slice(&self, added: &Added) -> Option<&str> {
        self.text.get(added.start as usize..added.end as usize)
    }

    /// Sets a label; parsed ones hide metadata of the same name, never the other way round.
    pub(crate) fn set(&mut self, category: Category, name: NameId, value: &str) {
        let start = self.open();
        self.text.push_str(value);
        self.close(category, name, start);
    }

    /// Begins a value that is written through [`LabelSet::buffer`].
    pub(crate) fn open(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn buffer(&mut self) -> &mut String {
        &mut self.text
    }

    /// Ends a value that began at `start`.
    pub(crate) fn close(&mut self, category: Category, name: NameId, start: usize) {
        let hidden = category == Category::Metadata && self.has_parsed(name);
        if hidden {
            self.text.truncate(start);
            return;
        }
        self.added.retain(|added| added.name != name);
        self.removed.retain(|removed| *removed != name);
        let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(self.text.len())) else { return };
        self.added.push(Added { name, category, start, end });
    }

    pub(crate) fn remove(&mut self, name: NameId) {
        match name {
            names::ERROR => self.error = None,
            names::ERROR_DETAILS => self.error_details.clear(),
            _ => {
                self.added.retain(|added| added.name != name);
                if self.base.has(name) && !self.removed.contains(&name) {
                    self.removed.push(name);
                }
            }
        }
    }

    /// Keeps only labels that `keep` accepts; errors stay.
    pub(crate) fn retain(&mut self, keep: impl Fn(NameId, &str) -> bool) {
        let text = &self.text;
        self.added.retain(|added| {
            keep(added.name, text.get(added.start as usize..added.end as usize).unwrap_or(""))
        });
        for (id, value) in self.base.pairs() {
            if !keep(id, value) && !self.removed.contains(&id) {
                self.removed.push(id);
            }
        }
    }

    pub(crate) fn error(&self) -> Option<&'static str> {
        self.error
    }

    /// The first error stays, as in Loki.
    pub(crate) fn set_error(&mut self, kind: &'static str, details: &str) {
        if self.error.is_none() {
            self.error = Some(kind);
            self.error_details.clear();
            self.error_details.push_str(details);
        }
    }

    /// Calls `visit` with every visible label, errors included, in no order.
    pub(crate) fn each(&self, mut visit: impl FnMut(NameId, &str)) {
        for (id, value) in self.base.pairs() {
            if !self.removed.contains(&id) && !self.added.iter().any(|added| added.name == id) {
                visit(id, value);
            }
        }
        for added in &self.added {
            visit(added.name, self.slice(added).unwrap_or(""));
        }
        if let Some(error) = self.error {
            visit(names::ERROR, error);
            if !self.error_details.is_empty() {
                visit(names::ERROR_DETAILS, &self.error_details);
            }
        }
    }

    /// All visible labels by category, sorted by name.
    pub(crate) fn snapshot(&self, names: &Names) -> EntryLabels {
        let mut all = EntryLabels::default();
        let pair = |id: NameId, value: &str| (Arc::clone(names.text(id)), Box::<str>::from(value));
        for (id, value) in self.base.pairs() {
            if !self.removed.contains(&id) && !self.added.iter().any(|added| added.name == id) {
                all.stream.push(pair(id, value));
            }
        }
        for added in &self.added {
            let pair = pair(added.name, self.slice(added).unwrap_or(""));
            match added.category {
                Category::Metadata => all.metadata.push(pair),
                Category::Parsed => all.parsed.push(pair),
            }
        }
        if let Some(error) = self.error {
            all.parsed.push(pair(names::ERROR, error));
            if !self.error_details.is_empty() {
                all.parsed.push(pair(names::ERROR_DETAILS, &self.error_details));
            }
        }
        all.metadata.sort();
        all.parsed.sort();
        all
    }

    /// A hash-free identity of the row's labels: appended to `key`, equal for equal sets.
    pub(crate) fn identity(&self, key: &mut Vec<u8>) {
        key.extend_from_slice(&(Rc::as_ptr(&self.base) as usize).to_le_bytes());
        for removed in &self.removed {
            push(key, b'-', *removed, "");
        }
        for added in &self.added {
            let mark = if added.category == Category::Parsed { b'p' } else { b'm' };
            push(key, mark, added.name, self.slice(added).unwrap_or(""));
        }
        if let Some(error) = self.error {
            push(key, b'e', names::ERROR, error);
            push(key, b'e', names::ERROR_DETAILS, &self.error_details);
        }
    }
}

fn push(key: &mut Vec<u8>, mark: u8, name: NameId, value: &str) {
    key.push(mark);
    key.extend_from_slice(&name.number().to_le_bytes());
    key.extend_from_slice(&value.len().to_le_bytes());
    key.extend_from_slice(value.as_bytes());
}
