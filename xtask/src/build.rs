//! Builds the page and the static release binary, and runs it.

use std::{
    fs,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use anyhow::{Context as _, Result, bail};

use crate::setup;

/// Where the page's npm project lives.
const UI: &str = "crates/web-ui/ui";

/// Builds `target/release/quaywatch`, statically linked, and returns its path.
pub(crate) fn release(root: &Path) -> Result<PathBuf> {
    setup::install(setup::BUILD)?;
    page(root)?;
    let triple = host_triple()?;
    // crt-static must not reach build scripts and procedural macros, which are loaded by the
    // compiler: naming the target keeps the flags off what runs on the host.
    let flags = format!("CARGO_TARGET_{}_RUSTFLAGS", triple.to_uppercase().replace('-', "_"));
    command(
        Command::new("cargo")
            .args(["build", "--release", "--locked", "--package", "quaywatch", "--target", &triple])
            .env(flags, "-C target-feature=+crt-static")
            .current_dir(root),
    )?;
    let built = root.join("target").join(&triple).join("release/quaywatch");
    let binary = root.join("target/release/quaywatch");
    fs::create_dir_all(root.join("target/release"))?;
    // A running binary cannot be overwritten, but it can be replaced.
    let fresh = binary.with_extension("new");
    fs::copy(&built, &fresh).with_context(|| built.display().to_string())?;
    fs::rename(&fresh, &binary)?;
    Ok(binary)
}

/// Builds, then becomes `quaywatch run`.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<()> {
    let binary = release(root)?;
    if !setup::is_root() {
        bail!(
            "watching the kernel needs root; the program is built, so run:\n  sudo {} run {}",
            binary.display(),
            arguments.join(" ")
        );
    }
    let error = Command::new(&binary).arg("run").args(arguments).exec();
    Err(error).with_context(|| binary.display().to_string())
}

/// Builds the page's `dist/` when a source is newer than it.
pub(crate) fn page(root: &Path) -> Result<()> {
    let ui = root.join(UI);
    let built = modified(&ui.join("dist/index.html"));
    let lock = modified(&ui.join("package-lock.json"));
    if modified(&ui.join("node_modules/.package-lock.json")) < lock {
        command(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--silent"]).current_dir(&ui))?;
    }
    if built.is_none() || newest(&ui)? > built {
        command(Command::new("npm").args(["run", "--silent", "build"]).current_dir(&ui))?;
    }
    Ok(())
}

/// Runs a command and fails with its words when it fails.
pub(crate) fn command(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?}"))?;
    if !status.success() {
        bail!("{command:?}: {status}");
    }
    Ok(())
}

/// The triple of the machine that compiles, such as `x86_64-unknown-linux-gnu`.
fn host_triple() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("rustc -vV")?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV names no host")?.to_owned())
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|data| data.modified()).ok()
}

/// The newest change of a source file of the page.
fn newest(folder: &Path) -> Result<Option<SystemTime>> {
    let mut found = None;
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let name = entry.file_name();
        if name == "node_modules" || name == "dist" || name == "e2e" {
            continue;
        }
        let time = if entry.file_type()?.is_dir() { newest(&entry.path())? } else { modified(&entry.path()) };
        found = found.max(time);
    }
    Ok(found)
}
