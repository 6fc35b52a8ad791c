//! Image references: `registry:5000/name:tag@sha256:…` cut into its parts.

use crate::limits::HASH_CHARS;

/// The parts of an image reference.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) repository: Option<String>,
    pub(crate) tag: Option<String>,
    pub(crate) digest: Option<String>,
}

impl Reference {
    /// Cuts a reference. A colon is a tag's only behind the last slash, else it is a port's.
    pub(crate) fn parse(text: &str) -> Reference {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (text, None),
        };
        let (repository, tag) = match rest.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag.to_owned())),
            _ => (rest, None),
        };
        let repository = (!repository.is_empty()).then(|| repository.to_owned());
        Reference { repository, tag, digest }
    }
}

/// Whether the user gave an image by its id, so that it has no name of its own.
pub(crate) fn is_image_id(text: &str, image_id: &str) -> bool {
    if text.starts_with("sha256:") {
        return true;
    }
    let is_hex = text.len() >= 4 && text.len() <= HASH_CHARS && text.bytes().all(|b| b.is_ascii_hexdigit());
    is_hex && image_id.starts_with(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_cut() {
        let check = |text: &str, expected: (Option<&str>, Option<&str>, Option<&str>)| {
            let found = Reference::parse(text);
            let found = (found.repository.as_deref(), found.tag.as_deref(), found.digest.as_deref());
            assert_eq!(found, expected, "{text}");
        };
        check("alpine", (Some("alpine"), None, None));
        check("alpine:3.20", (Some("alpine"), Some("3.20"), None));
        check("docker.io/library/alpine:3", (Some("docker.io/library/alpine"), Some("3"), None));
        check("localhost:5000/a/b", (Some("localhost:5000/a/b"), None, None));
        check("localhost:5000/a/b:c", (Some("localhost:5000/a/b"), Some("c"), None));
        check("a/b@sha256:00", (Some("a/b"), None, Some("sha256:00")));
        check("a/b:1@sha256:00", (Some("a/b"), Some("1"), Some("sha256:00")));
        check("", (None, None, None));
    }

    #[test]
    fn ids_are_not_names() {
        let id = "e32e5b4a5c24bfd742e7f2672aa23e62b4e8f12f016ccb5f54c3fbcfb223be35";
        assert!(is_image_id("sha256:e32e5b4a5c24", id));
        assert!(is_image_id("e32e5b4a5c24", id));
        assert!(!is_image_id("cafe", id));
        assert!(!is_image_id("alpine", id));
    }
}
