//! Where rules come from: the built-in set, the configured files, and their changes on disk.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use anyhow::{Context as _, Result};
use rule_compiler::{Options, Report, RuleFile, RuleSet, compile};

use crate::config::SensorConfig;

/// The rules this program carries. Their name is what errors call them.
const BUILT_IN: &[(&str, &str)] =
    &[("built-in/quaywatch.yaml", include_str!("../../../rules/quaywatch.yaml"))];

/// A rule file is text that people write.
const RULE_FILE_BYTES_MAX: u64 = 16 << 20;

/// Reads the rule files that the configuration asks for.
pub(crate) fn read(config: &SensorConfig) -> Result<Vec<RuleFile>> {
    let mut files = Vec::new();
    if config.rules_files.is_empty() {
        for (name, text) in BUILT_IN {
            files.push(RuleFile { name: (*name).to_owned(), text: (*text).to_owned() });
        }
    }
    for path in paths(config) {
        files.push(read_file(path)?);
    }
    Ok(files)
}

/// Reads one rule file.
pub(crate) fn read_file(path: &Path) -> Result<RuleFile> {
    let size =
        fs::metadata(path).with_context(|| format!("cannot read the rule file {}", path.display()))?.len();
    anyhow::ensure!(
        size <= RULE_FILE_BYTES_MAX,
        "the rule file {} has {size} bytes, {RULE_FILE_BYTES_MAX} are allowed",
        path.display()
    );
    let bytes = fs::read(path).with_context(|| format!("cannot read the rule file {}", path.display()))?;
    let text =
        String::from_utf8(bytes).with_context(|| format!("the rule file {} is not UTF-8", path.display()))?;
    Ok(RuleFile { name: path.display().to_string(), text })
}

/// Compiles; the rules are `None` when there is an error.
pub(crate) fn compile_all(files: &[RuleFile], options: &Options) -> (Option<Arc<RuleSet>>, Report) {
    let (rules, report) = compile(files, options);
    (report.is_ok().then(|| Arc::new(rules)), report)
}

fn paths(config: &SensorConfig) -> impl Iterator<Item = &PathBuf> {
    config.rules_files.iter().chain(&config.extra_rules_files)
}

/// What tells that a file changed: editors replace files, bind mounts keep inode numbers.
type Stamp = Vec<Option<(SystemTime, u64)>>;

/// Notices changes of the configured files.
pub(crate) struct Watcher {
    paths: Vec<PathBuf>,
    seen: Stamp,
}

impl Watcher {
    /// How often files are looked at.
    pub(crate) const INTERVAL: Duration = Duration::from_millis(500);

    /// Remembers how the files are now.
    pub(crate) fn new(config: &SensorConfig) -> Watcher {
        let paths: Vec<PathBuf> = paths(config).cloned().collect();
        let seen = stamp(&paths);
        Watcher { paths, seen }
    }

    /// Whether a file is not as it was the last time.
    pub(crate) fn changed(&mut self) -> bool {
        let now = stamp(&self.paths);
        let changed = now != self.seen;
        self.seen = now;
        changed
    }
}

fn stamp(paths: &[PathBuf]) -> Stamp {
    let of = |path: &PathBuf| {
        let data = fs::metadata(path).ok()?;
        Some((data.modified().ok()?, data.len()))
    };
    paths.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_rules_compile_without_a_word() {
        let (rules, report) = compile_all(&read(&SensorConfig::default()).unwrap(), &Options::default());
        assert!(rules.is_some(), "{}", report.render(false));
        assert!(report.warnings.is_empty(), "{}", report.render(false));
    }

    #[test]
    fn a_changed_file_is_noticed_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        fs::write(&path, "[]").unwrap();
        let config = SensorConfig { rules_files: vec![path.clone()], ..SensorConfig::default() };
        let mut watcher = Watcher::new(&config);
        assert!(!watcher.changed());
        fs::write(&path, "[ ]").unwrap();
        assert!(watcher.changed());
        assert!(!watcher.changed());
        fs::remove_file(&path).unwrap();
        assert!(watcher.changed());
    }
}
