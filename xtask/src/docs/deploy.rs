//! `deploy/truenas.yaml` and `deploy/portainer.json`, made from `deploy/compose.yaml`, so that the
//! three cannot drift apart.

use std::{fs, path::Path};

use anyhow::{Context as _, Result, bail};
use serde_json::json;

const COMPOSE: &str = "deploy/compose.yaml";

/// TrueNAS keeps 80 and 443 for its own page, and gives apps the ports from 30000 up.
const TRUENAS_PORTS: [(&str, &str); 2] = [("\"80:80\"", "\"30080:80\""), ("\"443:443\"", "\"30443:443\"")];

const TRUENAS_HEAD: &str = "\
# Generated from compose.yaml by `./x docs`. In TrueNAS SCALE: Apps, Discover Apps, Custom App,
# Install via YAML.
";

const TRUENAS_TAIL: &str = r#"
x-portals:
  - name: Web UI
    scheme: https
    host: 0.0.0.0
    port: 30443
    path: /
x-notes: |
  # Quaywatch

  The log of the `hub` container shows the one-time code of the first start; there is no default
  password. The certificate comes from Quaywatch's own authority: the page offers it, and
  `/quaywatch ca show` in the hub's shell prints it.

  The `sensor` container sees all processes of this host and loads probes into its kernel. It has
  no network. The `hub` container has no capability and runs as user 10001.
"#;

/// Writes both files, or with `check` fails when one is stale.
pub(super) fn run(root: &Path, check: bool) -> Result<()> {
    let compose = fs::read_to_string(root.join(COMPOSE)).context(COMPOSE)?;
    for (path, text) in [("deploy/truenas.yaml", truenas(&compose)?), ("deploy/portainer.json", portainer()?)]
    {
        let path = root.join(path);
        if !check {
            fs::write(&path, text).with_context(|| path.display().to_string())?;
        } else if fs::read_to_string(&path).unwrap_or_default() != text {
            bail!("{} is stale: run `cargo xtask docs`", path.display());
        }
    }
    Ok(())
}

fn truenas(compose: &str) -> Result<String> {
    let body = compose.split_once("name: quaywatch\n").context("no `name: quaywatch` in compose.yaml")?.1;
    let mut text = format!("{TRUENAS_HEAD}{}", body.trim_start_matches('\n'));
    for (from, to) in TRUENAS_PORTS {
        if !text.contains(from) {
            bail!("{COMPOSE} does not publish {from}");
        }
        text = text.replace(from, to);
    }
    Ok(text + TRUENAS_TAIL)
}

/// An app template of type 3: a stack from a compose file of a repository.
fn portainer() -> Result<String> {
    let template = json!({
        "version": "3",
        "templates": [{
            "id": 1,
            "type": 3,
            "title": "Quaywatch",
            "description": "Watches what happens inside the containers of this host: eBPF sensor, Falco rules, alerts, a log store with LogQL, and a page over HTTPS.",
            "note": "The log of the hub shows the one-time code of the first start. On an engine that does not know the capabilities BPF and PERFMON, put SYS_ADMIN in their place.",
            "categories": ["security", "monitoring"],
            "platform": "linux",
            "repository": { "url": "https://github.com/quaywatch/quaywatch", "stackfile": COMPOSE },
        }],
    });
    Ok(serde_json::to_string_pretty(&template)? + "\n")
}
