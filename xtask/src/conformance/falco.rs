//! All sets of Falco cases, one after another.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::{alerts, fields, filters, load, output, program::Program, score::Score, tables};

/// What the task takes.
pub(crate) const HELP: &str = "\
usage: ./x conformance falco [--cases DIR] [--captures DIR] [--rules DIR] [--bin PATH] [--only SET] [-v]

  --cases DIR     golden cases [default: $QUAYWATCH_CASES/falco, else conformance/falco]
  --captures DIR  recorded system calls [default: captures below the cases]
  --rules DIR     stock rule files [default: rules below the cases]
  --bin PATH      the program [default: $QUAYWATCH_BIN, else the newest build]
  --only SET      one of load, filters, fields, alerts, output, tables
  -v              say what differs, not only where
";

/// Where everything is.
pub(super) struct Setup {
    pub(super) program: Program,
    pub(super) cases: PathBuf,
    pub(super) captures: PathBuf,
    pub(super) rules: PathBuf,
}

impl Setup {
    /// The cases of a set; none when its file is absent.
    pub(super) fn cases(&self, name: &str) -> Result<Vec<Value>> {
        let path = self.cases.join(name);
        if !path.is_file() {
            return Ok(Vec::new());
        }
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let parse = |line: &str| serde_json::from_str(line).with_context(|| path.display().to_string());
        text.lines().filter(|line| !line.trim().is_empty()).map(parse).collect()
    }

    /// A capture that is there.
    pub(super) fn capture(&self, case: &Value) -> Option<PathBuf> {
        let path = self.captures.join(case.get("capture")?.as_str()?);
        path.is_file().then_some(path)
    }
}

/// Runs the sets; fails when one is below its target.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<()> {
    let mut given: BTreeMap<&str, &str> = BTreeMap::new();
    let mut verbose = false;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match *argument {
            "-v" | "--verbose" => verbose = true,
            "--cases" | "--captures" | "--rules" | "--bin" | "--only" => {
                let value = rest.next().with_context(|| format!("{argument} needs a value\n\n{HELP}"))?;
                given.insert(argument, value);
            }
            _ => bail!("unknown option {argument:?}\n\n{HELP}"),
        }
    }
    let folder = |key: &str, default: PathBuf| given.get(key).map_or(default, |path| PathBuf::from(*path));
    let cases = folder(
        "--cases",
        std::env::var_os("QUAYWATCH_CASES")
            .map_or_else(|| root.join("conformance/falco"), |cases| PathBuf::from(cases).join("falco")),
    );
    let setup = Setup {
        program: Program::find(root, given.get("--bin").copied())?,
        captures: folder("--captures", cases.join("captures")),
        rules: folder("--rules", cases.join("rules")),
        cases,
    };
    println!("{} on {}", setup.program.path().display(), setup.cases.display());
    type Set = (&'static str, fn(&Setup) -> Result<Score>);
    let sets: [Set; 6] = [
        ("tables", tables::run),
        ("load", load::run),
        ("filters", filters::run),
        ("output", output::run),
        ("fields", fields::run),
        ("alerts", alerts::run),
    ];
    let mut below = Vec::new();
    for (name, set) in sets {
        if given.get("--only").is_some_and(|only| *only != name) {
            continue;
        }
        let score = set(&setup).with_context(|| format!("the set {name}"))?;
        score.print(verbose);
        if !score.is_enough() {
            below.push(name);
        }
    }
    if !below.is_empty() {
        bail!("below the target: {}", below.join(", "));
    }
    Ok(())
}
