//! Which sockets there are: patterns with one `*` component against the file system.

use std::{ffi::OsStr, fs, path::PathBuf};

use crate::{SocketConfig, limits::SOCKETS_MAX};

/// Sockets to watch now. A path without `*` is always one of them, there or not, so that its
/// absence can be told; one with `*` stands for those that exist.
pub(crate) fn expand(patterns: &[SocketConfig]) -> Vec<SocketConfig> {
    let mut found: Vec<SocketConfig> = Vec::new();
    for pattern in patterns {
        for path in matching(pattern) {
            // `/var/run` is usually a link to `/run`: one socket, one watcher.
            let same = |other: &SocketConfig| {
                other.path == path
                    || matches!((fs::canonicalize(&other.path), fs::canonicalize(&path)), (Ok(a), Ok(b)) if a == b)
            };
            if found.len() < SOCKETS_MAX && !found.iter().any(same) {
                found.push(SocketConfig { path, runtime: pattern.runtime });
            }
        }
    }
    found
}

fn matching(pattern: &SocketConfig) -> Vec<PathBuf> {
    let mut components = pattern.path.components();
    let mut parent = PathBuf::new();
    for component in components.by_ref() {
        if component.as_os_str() == OsStr::new("*") {
            let rest = components.as_path();
            let mut paths: Vec<PathBuf> = fs::read_dir(&parent)
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path().join(rest))
                .filter(|path| path.exists())
                .collect();
            paths.sort();
            return paths;
        }
        parent.push(component);
    }
    vec![parent]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Runtime;

    #[test]
    fn patterns_are_expanded() {
        let root = std::env::temp_dir().join(format!("sockets-{}", std::process::id()));
        fs::create_dir_all(root.join("1000/podman")).unwrap();
        fs::create_dir_all(root.join("1001")).unwrap();
        fs::write(root.join("1000/podman/podman.sock"), "").unwrap();
        let pattern = |path: &str| SocketConfig { path: root.join(path), runtime: Runtime::Podman };
        let found = expand(&[
            pattern("*/podman/podman.sock"),
            pattern("gone.sock"),
            pattern("1000/podman/podman.sock"),
        ]);
        let found: Vec<_> =
            found.iter().map(|socket| socket.path.strip_prefix(&root).unwrap().to_owned()).collect();
        assert_eq!(found, [PathBuf::from("1000/podman/podman.sock"), PathBuf::from("gone.sock")]);
        fs::remove_dir_all(&root).unwrap();
    }
}
