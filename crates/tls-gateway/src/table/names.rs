//! Who may name what: `x`, `x@docker`, `x@file`, `x@internal`.

use crate::dynamic::{Origin, Sourced};

/// The sources, to look names up in.
pub(super) struct Names<'a> {
    sources: &'a [Sourced],
}

/// Where a name leads.
pub(super) enum Found<'a, T> {
    Here(&'a Sourced, String, &'a T),
    /// One of ours.
    Internal(String),
}

impl<'a> Names<'a> {
    pub(super) fn new(sources: &'a [Sourced]) -> Self {
        Names { sources }
    }

    /// Looks a name up as `from` sees it; the error says why not and how to mend it.
    pub(super) fn find<T>(
        &self,
        from: &'a Sourced,
        kind: &str,
        name: &str,
        get: impl Fn(&'a Sourced, &str) -> Option<&'a T>,
    ) -> Result<Found<'a, T>, (String, String)> {
        let (short, provider) = name.split_once('@').unwrap_or((name, ""));
        let from_labels = matches!(from.origin, Origin::Labels(_));
        let source = match (provider, from_labels) {
            ("", _) | ("docker", true) => Some(from),
            ("internal", _) => return Ok(Found::Internal(short.to_owned())),
            ("file", true) | ("file", false) => {
                self.sources.iter().find(|source| source.origin == Origin::File)
            }
            ("docker", false) => self
                .sources
                .iter()
                .find(|source| matches!(source.origin, Origin::Labels(_)) && get(source, short).is_some()),
            (other, _) => {
                let help = format!("write {short}@file or {short}@docker");
                return Err((
                    format!("{kind} {name:?} is of the provider {other:?}, which is not here"),
                    help,
                ));
            }
        };
        if let Some((source, found)) = source.and_then(|source| Some((source, get(source, short)?))) {
            return Ok(Found::Here(source, short.to_owned(), found));
        }
        let elsewhere = self.sources.iter().find(|source| get(source, short).is_some());
        let help = match elsewhere.map(|source| &source.origin) {
            Some(Origin::File) => format!("the file has one: write {short}@file"),
            Some(Origin::Labels(_)) if from_labels => format!(
                "a container uses what its own labels or those of its Compose project define: put {short} into the file and write {short}@file"
            ),
            Some(_) => format!("labels have one: write {short}@docker"),
            None => format!("define {short}, or mend the spelling; case matters in values"),
        };
        Err((format!("{kind} {name:?} does not exist"), help))
    }
}
