//! Lists: their items are put into condition text before it is parsed, token by token, as Falco
//! does. A quoted name is not a token.

use std::collections::{BTreeSet, HashMap};

use crate::{
    limits::{CONDITION_BYTES_MAX, LIST_ITEMS_MAX},
    source::{Place, Traced},
};

/// A list, with the lists inside it put in.
#[derive(Debug, Clone)]
pub(crate) struct List {
    pub(crate) name: String,
    pub(crate) items: Vec<String>,
    pub(crate) place: Place,
    pub(crate) is_used: bool,
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'(' | b')' | b',' | b'=')
}

/// Quotes an item that holds a blank, unless it is quoted.
pub(crate) fn quoted_item(item: &str) -> String {
    let needs = item.contains(' ');
    let is_quoted = item.len() > 1
        && ((item.starts_with('"') && item.ends_with('"'))
            || (item.starts_with('\'') && item.ends_with('\'')));
    if needs && !is_quoted { format!("\"{item}\"") } else { item.to_owned() }
}

/// All lists of a load, in order of definition.
pub(crate) struct Lists {
    all: Vec<List>,
    by_name: HashMap<String, usize>,
    too_long: Vec<usize>,
}

impl Lists {
    /// Lists may name lists before them; the items of those are taken as they were written.
    pub(crate) fn new(raw: Vec<List>) -> Lists {
        let by_name: HashMap<String, usize> =
            raw.iter().enumerate().map(|(index, list)| (list.name.clone(), index)).collect();
        let mut used = BTreeSet::new();
        let mut all = raw.clone();
        let mut too_long = Vec::new();
        for (index, list) in all.iter_mut().enumerate() {
            let mut items = Vec::with_capacity(list.items.len());
            for item in &list.items {
                match by_name.get(item).copied().filter(|other| *other < index) {
                    Some(other) => {
                        used.insert(other);
                        let inner = raw.get(other).map_or(&[][..], |list| &list.items);
                        items.extend(inner.iter().map(|item| quoted_item(item)));
                    }
                    None => items.push(quoted_item(item)),
                }
                if items.len() > LIST_ITEMS_MAX {
                    items.clear();
                    too_long.push(index);
                    break;
                }
            }
            list.items = items;
        }
        for (index, list) in all.iter_mut().enumerate() {
            list.is_used = used.contains(&index);
        }
        Lists { all, by_name, too_long }
    }

    /// Lists that grew over their bound, and are empty for that.
    pub(crate) fn too_long(&self) -> impl Iterator<Item = &List> {
        self.too_long.iter().filter_map(|index| self.all.get(*index))
    }

    /// Lists nothing refers to.
    pub(crate) fn unused(&self) -> impl Iterator<Item = &List> {
        self.all.iter().filter(|list| !list.is_used)
    }

    /// Whether there is a list of this name.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Puts items in place of list names, one list after the other in order of definition (so an
    /// item that names a later list is replaced too). `Err` when the text grows over its bound.
    pub(crate) fn substitute(&mut self, condition: &Traced) -> Result<Traced, String> {
        let mut pending: BTreeSet<usize> = BTreeSet::new();
        tokens(&condition.text, |token, _| pending.extend(self.by_name.get(token)));
        let mut text = condition.clone();
        while let Some(index) = pending.pop_first() {
            let Some(list) = self.all.get_mut(index) else { continue };
            list.is_used = true;
            text = replace(&text, list);
            if text.text.len() > CONDITION_BYTES_MAX {
                return Err(format!(
                    "condition is longer than {CONDITION_BYTES_MAX} bytes once lists are put in: use fewer or shorter lists"
                ));
            }
            for item in &list.items {
                pending.extend(self.by_name.get(item).filter(|other| **other > index));
            }
        }
        Ok(text)
    }
}

/// Calls `visit` with each unquoted token and where it starts.
fn tokens<'t>(text: &'t str, mut visit: impl FnMut(&'t str, usize)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut quote: Option<u8> = None;
    let mut is_escaped = false;
    let mut start = None;
    while let Some(byte) = bytes.get(at).copied() {
        if let Some(open) = quote {
            if is_escaped {
                is_escaped = false;
            } else if byte == b'\\' {
                is_escaped = true;
            } else if byte == open {
                quote = None;
            }
        } else if is_delimiter(byte) {
            if let Some(start) = start.take() {
                visit(text.get(start..at).unwrap_or(""), start);
            }
        } else if matches!(byte, b'"' | b'\'') {
            quote = Some(byte);
            // A token with a quote in it is no name.
            start = None;
        } else if start.is_none()
            && (at == 0 || bytes.get(at - 1).is_some_and(|before| is_delimiter(*before)))
        {
            start = Some(at);
        }
        at += 1;
    }
    if let (Some(start), None) = (start, quote) {
        visit(text.get(start..).unwrap_or(""), start);
    }
}

fn replace(condition: &Traced, list: &List) -> Traced {
    let text = &condition.text;
    let mut starts = Vec::new();
    tokens(text, |token, start| {
        if token == list.name {
            starts.push(start);
        }
    });
    let items: Vec<&str> = list.items.iter().map(String::as_str).filter(|item| !item.is_empty()).collect();
    let joined = items.join(", ");
    let mut out = Traced::default();
    let mut copied = 0;
    for at in starts {
        let mut start = at;
        let mut next = at + list.name.len();
        if items.is_empty() {
            // An empty list takes one neighbouring comma with it.
            let before = text.get(copied..at).unwrap_or("").trim_end();
            let after = text.get(next..).unwrap_or("");
            if after.trim_start().starts_with(',') {
                next += after.len() - after.trim_start().len() + 1;
            } else if before.ends_with(',') {
                start = copied + before.len() - 1;
            }
        }
        out.push_range(condition, copied, start);
        out.push_made(&joined, condition.place(at));
        copied = next;
    }
    out.push_range(condition, copied, text.len());
    out
}
