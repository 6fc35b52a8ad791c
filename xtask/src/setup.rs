//! Finds what is missing on a Debian or Ubuntu machine and installs it, or says how.

use std::{path::Path, process::Command};

use anyhow::{Context as _, Result, bail};

/// Something a task needs: present when `found` says so.
pub(crate) struct Need {
    what: &'static str,
    packages: &'static [&'static str],
    found: fn() -> bool,
}

/// For a build.
pub(crate) const BUILD: &[Need] = &[
    Need { what: "clang (compiles the kernel probes)", packages: &["clang"], found: || on_path("clang") },
    Need { what: "Node.js 18 or newer (builds the page)", packages: &["nodejs"], found: node_is_new_enough },
    Need { what: "npm (builds the page)", packages: &["npm"], found: || on_path("npm") },
];

/// For the tests, beside [`BUILD`].
pub(crate) const TEST: &[Need] = &[
    Need {
        what: "a Docker engine (containers to watch)",
        packages: &["docker.io", "iptables"],
        found: || on_path("dockerd") && on_path("docker"),
    },
    Need {
        what: "busybox (the programs inside test containers)",
        packages: &["busybox-static"],
        found: || Path::new("/bin/busybox").exists() || Path::new("/usr/bin/busybox").exists(),
    },
    Need { what: "curl (asks over HTTPS as users do)", packages: &["curl"], found: || on_path("curl") },
    Need { what: "Chromium (looks at the page)", packages: &["chromium"], found: || browser().is_some() },
];

/// The browser the page is tested with.
pub(crate) fn browser() -> Option<&'static str> {
    ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        .into_iter()
        .find(|path| Path::new(path).exists())
}

/// Installs what is missing; without root, prints the one line to run and fails.
pub(crate) fn install(needs: &[Need]) -> Result<()> {
    let missing: Vec<&Need> = needs.iter().filter(|need| !(need.found)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.packages.iter().copied()).collect();
    for need in &missing {
        eprintln!("x: missing {}", need.what);
    }
    let line = format!("apt-get install -y --no-install-recommends {}", packages.join(" "));
    if !on_path("apt-get") {
        bail!("install these with your package manager: {}", packages.join(" "));
    }
    if !is_root() {
        bail!("run this, then try again:\n  sudo {line}");
    }
    eprintln!("x: {line}");
    apt(&["update", "-qq"])?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(&packages);
    apt(&arguments)?;
    for need in missing {
        if !(need.found)() {
            bail!("{} is still missing after `{line}`", need.what);
        }
    }
    Ok(())
}

/// Whether a program stands on PATH.
pub(crate) fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Whether this process may install packages and load probes.
pub(crate) fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn apt(arguments: &[&str]) -> Result<()> {
    let status = Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        // dockerd must not start as a service on a machine that only runs tests.
        .env("RUNLEVEL", "1")
        .stdout(std::process::Stdio::null())
        .status()
        .context("apt-get")?;
    if !status.success() {
        bail!("apt-get {} failed: {status}", arguments.join(" "));
    }
    Ok(())
}

fn node_is_new_enough() -> bool {
    let Ok(output) = Command::new("node").arg("--version").output() else {
        return false;
    };
    let version = String::from_utf8_lossy(&output.stdout);
    let major = version.trim().trim_start_matches('v').split('.').next().unwrap_or_default();
    major.parse::<u32>().is_ok_and(|major| major >= 18)
}
