//! The rules of the house that a compiler does not check: which crate may use which, how long
//! a file may be, what stands at its head.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

/// Used by everyone, use nothing of ours.
const WORDS: &[&str] = &["alert", "event", "log-record", "telemetry"];
/// Use words only.
const TOOLS: &[&str] = &["access-control", "container-runtimes", "http-client"];
/// Tie everything together; nothing may use them.
const TOPS: &[&str] = &["quaywatch", "system-tests"];
/// Used by tests of any crate, as a development dependency.
const TEST_ONLY: &[&str] = &["testkit"];
/// The only edges between stages. A new one is an architecture change: say why in
/// ARCHITECTURE.md in the same commit.
const EDGES: &[(&str, &str)] = &[
    ("alert-outputs", "alert-router"),
    ("log-ruler", "logql-engine"),
    ("log-ruler", "logql-syntax"),
    ("logql-engine", "logql-syntax"),
    ("loki-api", "log-ruler"),
    ("loki-api", "logql-engine"),
    ("loki-api", "logql-syntax"),
    ("route-discovery", "tls-gateway"),
    ("rule-compiler", "rule-syntax"),
    ("rule-engine", "rule-compiler"),
    ("sensor", "kernel-probes"),
    ("web-api", "logql-engine"),
    ("web-api", "logql-syntax"),
    ("web-api", "web-ui"),
];
/// `unsafe` may stand only here; every other crate forbids it.
const UNSAFE: &[&str] = &["kernel-probes", "sensor"];

const LINES_WITHOUT_REASON_MAX: usize = 400;
const LINES_MAX: usize = 600;

/// Checks everything and lists every fault.
pub(crate) fn run(root: &Path) -> Result<()> {
    let mut faults = Vec::new();
    let crates = crates(root)?;
    for (name, uses) in &crates {
        edges(name, uses, &mut faults);
        head_of_crate(root, name, &mut faults)?;
    }
    let mut files = Vec::new();
    sources(&root.join("crates"), &mut files)?;
    sources(&root.join("xtask"), &mut files)?;
    for file in &files {
        check_file(root, file, &mut faults)?;
    }
    if faults.is_empty() {
        println!("tidy: {} crates, {} files", crates.len(), files.len());
        return Ok(());
    }
    bail!("{} faults\n{}", faults.len(), faults.join("\n"))
}

/// The crates and what each uses of ours outside its tests.
fn crates(root: &Path) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(root.join("crates"))? {
        names.insert(entry?.file_name().to_string_lossy().into_owned());
    }
    let mut found = BTreeMap::new();
    for name in &names {
        let path = root.join("crates").join(name).join("Cargo.toml");
        let manifest = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let mut section = "";
        let mut uses = BTreeSet::new();
        for line in manifest.lines() {
            if line.starts_with('[') {
                section = line;
            } else if section == "[dependencies]" || section == "[build-dependencies]" {
                let used = line.split(['.', ' ', '=']).next().unwrap_or_default();
                if names.contains(used) {
                    uses.insert(used.to_owned());
                }
            }
        }
        found.insert(name.clone(), uses);
    }
    Ok(found)
}

fn edges(name: &str, uses: &BTreeSet<String>, faults: &mut Vec<String>) {
    for used in uses {
        let used = used.as_str();
        let allowed = if TOPS.contains(&name) {
            !TOPS.contains(&used)
        } else if TEST_ONLY.contains(&used) || TOPS.contains(&used) || WORDS.contains(&name) {
            false
        } else if TOOLS.contains(&name) || TEST_ONLY.contains(&name) {
            WORDS.contains(&used)
        } else {
            WORDS.contains(&used) || TOOLS.contains(&used) || EDGES.contains(&(name, used))
        };
        if !allowed {
            faults
                .push(format!("crates/{name}/Cargo.toml: the edge {name} -> {used} is not in xtask's table"));
        }
    }
}

fn head_of_crate(root: &Path, name: &str, faults: &mut Vec<String>) -> Result<()> {
    let src = root.join("crates").join(name).join("src");
    let path = ["lib.rs", "main.rs"].map(|file| src.join(file)).into_iter().find(|path| path.exists());
    let path = path.with_context(|| format!("crates/{name} has neither lib.rs nor main.rs"))?;
    let text = fs::read_to_string(&path)?;
    if !UNSAFE.contains(&name) && !text.contains("#![forbid(unsafe_code)]") {
        faults.push(format!("{}: no #![forbid(unsafe_code)]", shown(root, &path)));
    }
    Ok(())
}

fn check_file(root: &Path, path: &Path, faults: &mut Vec<String>) -> Result<()> {
    let name = shown(root, path);
    let text = fs::read_to_string(path).with_context(|| name.clone())?;
    let generated = name.contains("/generated/");
    let is_rust = path.extension().is_some_and(|extension| extension == "rs");
    let head: String = text.lines().take_while(|line| is_comment(line)).collect();
    if is_rust && !text.starts_with("//!") {
        faults.push(format!("{name}: does not start with //!"));
    }
    let lines = text.lines().count();
    if lines > LINES_MAX && !generated {
        faults.push(format!("{name}: {lines} lines, {LINES_MAX} are allowed"));
    } else if lines > LINES_WITHOUT_REASON_MAX && !generated && !head.to_lowercase().contains("long") {
        faults.push(format!(
            "{name}: {lines} lines; over {LINES_WITHOUT_REASON_MAX} the head says why it is long"
        ));
    }
    if path.ends_with("mod.rs") && is_rust {
        for (number, line) in text.lines().enumerate() {
            if line.starts_with("fn ") || line.starts_with("pub fn ") || line.starts_with("impl ") {
                faults.push(format!("{name}:{}: mod.rs holds only mod, pub use and the head", number + 1));
            }
        }
    }
    Ok(())
}

fn is_comment(line: &str) -> bool {
    ["//", "/*", " *"].into_iter().any(|start| line.starts_with(start))
}

/// Rust, C and page sources below a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let path = entry.path();
        let name = entry.file_name();
        if entry.file_type()?.is_dir() {
            if !["target", "node_modules", "dist", "fixtures", "snapshots"]
                .iter()
                .any(|skipped| name == *skipped)
            {
                sources(&path, found)?;
            }
        } else if path
            .extension()
            .is_some_and(|it| ["rs", "c", "h", "svelte", "ts"].iter().any(|kind| it == *kind))
        {
            found.push(path);
        }
    }
    Ok(())
}

fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}
