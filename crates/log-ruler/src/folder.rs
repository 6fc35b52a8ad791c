//! Rule files: those of the configuration, and those the API keeps, one per tenant and namespace.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use crate::{
    group::{RuleError, RuleGroup},
    limits, yaml,
};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    #[serde(default)]
    groups: Vec<RuleGroup>,
}

/// The groups of one file.
pub(crate) fn read(path: &Path) -> Result<Vec<RuleGroup>, RuleError> {
    let io = |error: std::io::Error| RuleError::Io(format!("{}: {error}", path.display()));
    if fs::metadata(path).map_err(io)?.len() > limits::YAML_BYTES_MAX as u64 {
        return Err(RuleError::Invalid(format!("{} is too long", path.display())));
    }
    let text = fs::read_to_string(path).map_err(io)?;
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let file: RuleFile = serde_saphyr::from_str(&text)
        .map_err(|error| RuleError::Yaml(format!("{}: {error}", path.display())))?;
    for group in &file.groups {
        group.check()?;
    }
    Ok(file.groups)
}

/// Everything the API has kept: tenant, namespace, groups. What cannot be read is skipped and said.
pub(crate) fn read_all(directory: &Path) -> BTreeMap<String, BTreeMap<String, Vec<RuleGroup>>> {
    let mut all: BTreeMap<String, BTreeMap<String, Vec<RuleGroup>>> = BTreeMap::new();
    let Ok(tenants) = fs::read_dir(directory) else { return all };
    for tenant in tenants.flatten().filter(|entry| entry.path().is_dir()) {
        let Some(name) = unescape(&tenant.file_name().to_string_lossy()) else { continue };
        for file in fs::read_dir(tenant.path()).into_iter().flatten().flatten() {
            let path = file.path();
            if path.extension().is_none_or(|extension| extension != "yaml") {
                continue;
            }
            let Some(namespace) = path.file_stem().and_then(|stem| unescape(&stem.to_string_lossy())) else {
                continue;
            };
            match read(&path) {
                Ok(groups) => {
                    all.entry(name.clone()).or_default().insert(namespace, groups);
                }
                Err(error) => tracing::error!(path = %path.display(), %error, "a rule file was not loaded"),
            }
        }
    }
    all
}

/// Keeps the groups of a namespace; none removes its file. Durable when it returns.
pub(crate) fn write(
    directory: &Path,
    tenant: &str,
    namespace: &str,
    groups: &[RuleGroup],
) -> Result<(), RuleError> {
    let folder = directory.join(escape(tenant));
    let path = folder.join(format!("{}.yaml", escape(namespace)));
    let outcome = (|| -> std::io::Result<()> {
        if groups.is_empty() {
            return match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        fs::create_dir_all(&folder)?;
        replace(&path, yaml::file(groups).as_bytes())
    })();
    outcome.map_err(|error| RuleError::Io(format!("{}: {error}", path.display())))
}

/// Writes beside, then moves over: a crash leaves the old or the new.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = fs::File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    match path.parent() {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// A name as a file's: letters, digits, `-` and `_` stay, all else becomes `%xx`.
fn escape(name: &str) -> String {
    name.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
            byte => format!("%{byte:02x}"),
        })
        .collect()
}

fn unescape(name: &str) -> Option<String> {
    let mut out = Vec::new();
    let mut rest = name.bytes();
    while let Some(byte) = rest.next() {
        out.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(out).ok()
}

/// The file's name, which is its namespace.
pub(crate) fn namespace_of(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// Files of the configuration with what is in them.
pub(crate) fn configured(files: &[PathBuf]) -> BTreeMap<String, Vec<RuleGroup>> {
    let mut all = BTreeMap::new();
    for path in files {
        match read(path) {
            Ok(groups) => {
                all.insert(namespace_of(path), groups);
            }
            Err(error) => tracing::error!(path = %path.display(), %error, "a rule file was not loaded"),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_slashes_stay_in_the_folder() {
        for name in ["ns", "../../etc/x", "a b", "ü", ".."] {
            assert!(!escape(name).contains(['/', '.']), "{name}");
            assert_eq!(unescape(&escape(name)).as_deref(), Some(name));
        }
        assert_eq!(unescape("%zz"), None);
    }
}
