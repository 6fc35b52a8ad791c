//! Where the built program is.

use std::path::{Path, PathBuf};

/// The folder with the workspace's `Cargo.toml`.
pub fn repository_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("crates/testkit lies two below")
        .to_owned()
}

/// The program under test: what `QUAYWATCH_BIN` names, else the newer one of the release and
/// the debug build; `None` when there is none.
///
/// # Panics
/// When `QUAYWATCH_BIN` names a file that is not there.
pub fn binary() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("QUAYWATCH_BIN") {
        let path = repository_root().join(named);
        assert!(path.exists(), "QUAYWATCH_BIN names {}, which does not exist", path.display());
        return Some(path);
    }
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| repository_root().join("target"), |target| repository_root().join(target));
    let built = |path: &PathBuf| path.metadata().and_then(|about| about.modified()).ok();
    ["release", "debug"]
        .map(|profile| target.join(profile).join("quaywatch"))
        .into_iter()
        .filter(|path| path.exists())
        .max_by_key(built)
}
