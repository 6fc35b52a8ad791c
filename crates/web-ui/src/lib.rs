//! The page, embedded: files of `ui/dist` by path, ready to be served.
//!
//! The sources are the npm project in `ui/`. Knows no HTTP server and no API; `web-api` serves it.

#![forbid(unsafe_code)]

/// One file of the page.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Path below the root, without a leading slash: `index.html`.
    pub path: &'static str,
    /// Value for `Content-Type`.
    pub content_type: &'static str,
    /// Value for `ETag`, quotes included; derived from the content.
    pub etag: &'static str,
    /// The name holds a hash of the content, so that it may be cached for ever.
    pub immutable: bool,
    /// The bytes as they are.
    pub body: &'static [u8],
    /// The bytes gzipped, where that is worth it.
    pub gzip: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The file with this path (a leading slash is ignored); the empty path is `index.html`.
pub fn asset(path: &str) -> Option<Asset> {
    let path = path.trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    let index = ASSETS.binary_search_by(|asset| asset.path.cmp(path)).ok()?;
    ASSETS.get(index).copied()
}

/// All files.
pub fn assets() -> &'static [Asset] {
    ASSETS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_there_and_nothing_else_answers() {
        let index = asset("/").unwrap();
        assert_eq!(index.content_type, "text/html; charset=utf-8");
        assert!(!index.immutable);
        assert!(index.etag.starts_with('"') && index.etag.ends_with('"'));
        assert!(asset("../Cargo.toml").is_none());
        assert!(asset("nothing.js").is_none());
    }

    /// DESIGN's budget: 200 kB gzip in all.
    #[test]
    fn the_page_stays_small() {
        let bytes: usize = assets().iter().map(|asset| asset.gzip.unwrap_or(asset.body).len()).sum();
        assert!(bytes <= 200_000, "{bytes} bytes");
    }
}
