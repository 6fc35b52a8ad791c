//! The tests: pure ones, and those with a kernel, containers and a browser.

use std::{path::Path, process::Command};

use anyhow::Result;

use crate::{build, build::command, codegen, docker::Engine, docs, setup, tidy};

/// Crates whose tests need root, a kernel with BTF, or Docker.
const SYSTEM_CRATES: &[&str] = &["container-runtimes", "quaywatch", "sensor", "system-tests"];

/// What a test may not skip on a machine where `./x test` has set everything up.
const MUST_RUN: &str = "docker,bpf,chromium";

/// The pure suite: no root, no network, no container.
pub(crate) fn quick(root: &Path) -> Result<()> {
    setup::install(setup::BUILD)?;
    build::page(root)?;
    codegen::run(root, true)?;
    docs::run(root, true)?;
    tidy::run(root)?;
    let mut cargo = Command::new("cargo");
    cargo.args(["test", "--workspace", "--locked"]).current_dir(root);
    for name in SYSTEM_CRATES {
        cargo.args(["--exclude", name]);
    }
    command(&mut cargo)?;
    page_tests(root)
}

/// Everything.
pub(crate) fn all(root: &Path) -> Result<()> {
    setup::install(setup::BUILD)?;
    setup::install(setup::TEST)?;
    quick(root)?;
    let binary = build::release(root)?;
    let _engine = Engine::ready()?;
    let mut cargo = Command::new("cargo");
    cargo.args(["test", "--locked"]).current_dir(root);
    for name in SYSTEM_CRATES {
        cargo.args(["--package", name]);
    }
    cargo.env("QUAYWATCH_BIN", &binary);
    // Away from a machine that can run everything (no root), tests say what they skipped.
    if setup::is_root() {
        cargo.env("QUAYWATCH_MUST_RUN", MUST_RUN);
    }
    if let Some(browser) = setup::browser() {
        cargo.env("QUAYWATCH_BROWSER", browser);
    }
    command(&mut cargo)
}

/// The same system tests with long runs switched on.
pub(crate) fn soak(root: &Path) -> Result<()> {
    setup::install(setup::BUILD)?;
    setup::install(setup::TEST)?;
    let binary = build::release(root)?;
    let _engine = Engine::ready()?;
    command(
        Command::new("cargo")
            .args([
                "test",
                "--locked",
                "--package",
                "system-tests",
                "--package",
                "log-store",
                "--package",
                "alert-router",
            ])
            .env("QUAYWATCH_BIN", &binary)
            .env("QUAYWATCH_SOAK", "1")
            .env("QUAYWATCH_MUST_RUN", MUST_RUN)
            .current_dir(root),
    )
}

/// Runs the benches of `benches/README.md`.
pub(crate) fn bench(root: &Path, arguments: &[&str]) -> Result<()> {
    let binary = build::release(root)?;
    command(
        Command::new("bash")
            .arg(root.join("benches/run.sh"))
            .args(arguments)
            .env("QUAYWATCH_BIN", &binary)
            .current_dir(root),
    )
}

fn page_tests(root: &Path) -> Result<()> {
    command(Command::new("npm").args(["run", "--silent", "test"]).current_dir(root.join("crates/web-ui/ui")))
}
