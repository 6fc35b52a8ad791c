//! All automation of the repository; `./x` is its front door.

mod bench_store;
mod build;
mod codegen;
mod conformance;
mod docker;
mod docs;
mod setup;
mod test;
mod tidy;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Result, bail};

const HELP: &str = "\
usage: ./x TASK

  run [ARG...]    build if needed, then `quaywatch run ARG...` (as root; data in /var/lib/quaywatch)
  build           the static release binary: target/release/quaywatch
  test            everything: pure tests, then tests with the kernel, Docker and a browser
  test --quick    the pure tests alone
  soak            the long runs: crash loops and loads
  bench           the figures of benches/README.md
  bench store     the store's: fills a hub and asks it  [--help]
  tidy            the rules of the house: crate edges, file lengths, file heads
  codegen         crates/event/src/generated from conformance/falco/tables  [--check]
  docs            docs/configuration.md, deploy/truenas.yaml, deploy/portainer.json  [--check]
  conformance falco   golden cases against the built program  [--help]
  setup [all]     install what building (with `all`: testing too) needs
";

fn main() -> ExitCode {
    match task() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("x: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn task() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = root();
    match arguments.as_slice() {
        ["run", rest @ ..] => build::run(&root, rest),
        ["build"] => build::release(&root).map(|binary| println!("{}", binary.display())),
        ["test"] => test::all(&root),
        ["test", "--quick"] => test::quick(&root),
        ["soak"] => test::soak(&root),
        ["bench", "store", "--help" | "-h"] => {
            print!("{}", bench_store::HELP);
            Ok(())
        }
        ["bench", "store", rest @ ..] => bench_store::run(&root, rest),
        ["bench", rest @ ..] => test::bench(&root, rest),
        ["tidy"] => tidy::run(&root),
        ["codegen"] => codegen::run(&root, false),
        ["codegen", "--check"] => codegen::run(&root, true),
        ["docs"] => docs::run(&root, false),
        ["docs", "--check"] => docs::run(&root, true),
        ["conformance", "falco", "--help" | "-h"] => {
            print!("{}", conformance::HELP);
            Ok(())
        }
        ["conformance", "falco", rest @ ..] => conformance::run(&root, rest),
        ["setup"] => setup::install(setup::BUILD),
        ["setup", "all"] => setup::install(setup::BUILD).and_then(|()| setup::install(setup::TEST)),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        other => bail!("unknown task {:?}\n\n{HELP}", other.join(" ")),
    }
}

/// The repository's root: the folder above xtask's manifest.
fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}
