//! Compiles `bpf/*.bpf.c` with clang into the one object that the crate embeds.
//!
//! All files are one translation unit, so they share maps and inline functions; a new probe is a
//! new file in `bpf/`, found here by its name.

use std::{env, fmt::Write as _, fs, io, path::PathBuf, process::Command};

fn main() {
    if let Err(message) = build() {
        eprintln!("error: {message}");
        std::process::exit(1);
    }
}

fn build() -> Result<(), String> {
    let sources = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(|e| e.to_string())?).join("bpf");
    let out = PathBuf::from(env::var("OUT_DIR").map_err(|e| e.to_string())?);
    println!("cargo::rerun-if-changed={}", sources.display());
    println!("cargo::rerun-if-env-changed=CLANG");

    let mut programs = Vec::new();
    for entry in fs::read_dir(&sources).map_err(|e| format!("cannot list {}: {e}", sources.display()))? {
        let path = entry.map_err(|e| e.to_string())?.path();
        if path.to_string_lossy().ends_with(".bpf.c") {
            programs.push(path);
        }
    }
    programs.sort();
    let mut unit = String::from("#include \"helpers.h\"\n");
    for path in &programs {
        let _ = writeln!(unit, "#include \"{}\"", path.display());
    }
    // Helpers that read kernel memory are only for programs under a GPL-compatible licence.
    unit.push_str("char LICENSE[] SEC(\"license\") = \"Dual MIT/GPL\";\n");
    let unit_path = out.join("probes.bpf.c");
    fs::write(&unit_path, unit).map_err(|e| e.to_string())?;

    let arch = match env::var("CARGO_CFG_TARGET_ARCH").as_deref() {
        Ok("x86_64") => "x86",
        Ok("aarch64") => "arm64",
        other => return Err(format!("no probes for target architecture {other:?}: x86_64 and aarch64 only")),
    };
    let object = out.join("probes.bpf.o");
    let clang = env::var("CLANG").unwrap_or_else(|_| "clang".into());
    let status = Command::new(&clang)
        .args(["-target", "bpf", "-mcpu=v3", "-O2", "-g", "-c", "-fno-strict-aliasing", "-fno-ident"])
        .args(["-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-Wno-unused-function"])
        .args(["-Wno-unused-const-variable", "-Wno-unused-variable"])
        .arg(format!("-D__TARGET_ARCH_{arch}"))
        // The object must not depend on where it was built: its hash says which probes it holds.
        .arg(format!("-ffile-prefix-map={}=bpf", sources.display()))
        .arg(format!("-ffile-prefix-map={}=out", out.display()))
        .arg("-I")
        .arg(&sources)
        .arg("-o")
        .arg(&object)
        .arg(&unit_path)
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{clang} could not compile the probes ({status})")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(format!(
            "`{clang}` is missing and the kernel probes are written in C: `apt-get install clang` (or set CLANG)"
        )),
        Err(error) => Err(format!("cannot run {clang}: {error}")),
    }
}
