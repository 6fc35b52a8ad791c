//! The configuration file: each part's own `Config`, composed. An empty file is a whole
//! configuration.

use std::{
    io::Read as _,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::{gateway::GatewayConfig, listeners::Wanted, recorder::CaptureConfig};

/// Where the configuration is looked for when none is named.
pub(crate) const DEFAULT_PATH: &str = "/etc/quaywatch/quaywatch.yaml";

/// A configuration is a page of text, not a data set.
const CONFIG_BYTES_MAX: u64 = 1 << 20;

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Folder for everything that is kept.
    pub(crate) data_dir: PathBuf,
    /// `false` lets everyone in on every listener.
    pub(crate) auth: bool,
    /// The door to the network: TLS, users, routes to containers.
    pub(crate) gateway: GatewayConfig,
    /// The process that faces users.
    pub(crate) hub: HubConfig,
    /// The process that faces the kernel.
    pub(crate) sensor: SensorConfig,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            data_dir: PathBuf::from("/var/lib/quaywatch"),
            auth: true,
            gateway: GatewayConfig::default(),
            hub: HubConfig::default(),
            sensor: SensorConfig::default(),
        }
    }
}

/// The hub's part.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct HubConfig {
    /// Where alerts are posted, in Falco's shape.
    pub(crate) ingest_listen: SocketAddr,
    /// The page and its API.
    pub(crate) web_listen: SocketAddr,
    /// Loki's API.
    pub(crate) loki_listen: SocketAddr,
    /// The queue of alerts.
    pub(crate) router: alert_router::Config,
    /// Where alerts go beside the store.
    pub(crate) outputs: alert_outputs::Config,
    /// The log store.
    pub(crate) store: log_store::Config,
    /// Loki's API.
    pub(crate) loki: loki_api::Config,
    /// What one LogQL query may take.
    pub(crate) query: logql_engine::Limits,
    /// LogQL rules that are evaluated on a schedule.
    pub(crate) ruler: log_ruler::Config,
}

impl Default for HubConfig {
    fn default() -> Self {
        HubConfig {
            ingest_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 2801)),
            web_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 2802)),
            loki_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 3100)),
            router: alert_router::Config::default(),
            outputs: alert_outputs::Config::default(),
            store: log_store::Config::default(),
            loki: loki_api::Config::default(),
            query: logql_engine::Limits::default(),
            ruler: log_ruler::Config::default(),
        }
    }
}

/// The sensor's part.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SensorConfig {
    /// Rule files, loaded in this order in place of the built-in ones.
    pub(crate) rules_files: Vec<PathBuf>,
    /// Rule files that are loaded after the built-in ones, for exceptions and own rules.
    pub(crate) extra_rules_files: Vec<PathBuf>,
    /// The name alerts carry; the machine's own when empty.
    pub(crate) hostname: String,
    /// Captures (.scap) that rules start when they match.
    pub(crate) capture: CaptureConfig,
    /// Container runtimes and their sockets.
    pub(crate) containers: container_runtimes::Config,
    /// The process tree.
    pub(crate) enricher: event_enricher::Config,
    /// The kernel probes and their ring buffer.
    pub(crate) probes: sensor::Config,
    /// How rules are evaluated and what alerts carry.
    pub(crate) rules: rule_engine::Config,
}

impl Config {
    /// Where the hub keeps everything; it may write nowhere else.
    pub(crate) fn hub_dir(&self) -> PathBuf {
        self.data_dir.join("hub")
    }

    /// Users, tokens and sessions.
    pub(crate) fn access_dir(&self) -> PathBuf {
        self.hub_dir().join("access")
    }

    /// The local certificate authority.
    pub(crate) fn certificates_dir(&self) -> PathBuf {
        self.hub_dir().join("certificates")
    }

    /// Where the sensor keeps its spool and its identity.
    pub(crate) fn sensor_dir(&self) -> PathBuf {
        self.data_dir.join("sensor")
    }

    /// Sockets with Docker's API that are named outright.
    pub(crate) fn runtime_sockets(&self) -> Vec<PathBuf> {
        let sockets = self.sensor.containers.sockets.iter().map(|socket| socket.path.clone());
        sockets.filter(|path| !path.to_string_lossy().contains('*')).collect()
    }

    /// What the hub listens on, by the names its sockets are handed on under.
    pub(crate) fn wanted_listeners(&self) -> Vec<Wanted> {
        let hub = &self.hub;
        let mut wanted =
            vec![("ingest", hub.ingest_listen), ("loki", hub.loki_listen), ("page", hub.web_listen)];
        wanted.extend(self.gateway.wanted_listeners());
        wanted
    }

    /// The socket the hub takes the sensor's alerts on.
    pub(crate) fn hub_socket(&self) -> PathBuf {
        self.data_dir.join("run").join("hub.sock")
    }
}

/// Reads a configuration: `-` is standard input, none named is the default file if there is one.
pub(crate) fn load(path: Option<&Path>) -> Result<Config> {
    let (name, text) = match path {
        Some(path) if path == Path::new("-") => ("standard input".to_owned(), read(&mut std::io::stdin())?),
        Some(path) => {
            let mut file = std::fs::File::open(path)
                .with_context(|| format!("cannot read the configuration {}", path.display()))?;
            (path.display().to_string(), read(&mut file)?)
        }
        None => match std::fs::File::open(DEFAULT_PATH) {
            Ok(mut file) => (DEFAULT_PATH.to_owned(), read(&mut file)?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Config::default()),
            Err(error) => return Err(error).context(format!("cannot read {DEFAULT_PATH}")),
        },
    };
    parse(&name, &text)
}

/// Reads a configuration from text; `name` is what errors call it.
pub(crate) fn parse(name: &str, text: &str) -> Result<Config> {
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(Config::default());
    }
    let mut place = String::new();
    let parsed = serde_saphyr::with_deserializer_from_str(text, |deserializer| {
        serde_path_to_error::deserialize::<_, Config>(deserializer).map_err(|error| {
            place = error.path().to_string();
            error.into_inner()
        })
    });
    parsed.map_err(|error| {
        let position = error.location().map_or(String::new(), |at| format!(":{}:{}", at.line(), at.column()));
        anyhow::anyhow!("{name}{position}: at `{place}`: {}", first_line(&error.to_string()))
    })
}

/// The library's errors go on with a drawing of the place; the place is named already.
fn first_line(message: &str) -> &str {
    let line = message.lines().next().unwrap_or(message);
    line.split_once(": ").filter(|(head, _)| head.starts_with("error")).map_or(line, |(_, rest)| {
        rest.split_once(": ").filter(|(head, _)| head.starts_with("line ")).map_or(rest, |(_, rest)| rest)
    })
}

fn read(source: &mut dyn std::io::Read) -> Result<String> {
    let mut text = String::new();
    source.take(CONFIG_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > CONFIG_BYTES_MAX {
        bail!("the configuration is larger than {CONFIG_BYTES_MAX} bytes");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_a_configuration() {
        for text in ["", "\n# nothing yet\n"] {
            let config = parse("c.yaml", text).unwrap();
            assert!(config.auth);
            assert_eq!(config.hub.loki_listen.port(), 3100);
        }
    }

    #[test]
    fn mistakes_are_named_with_file_line_and_path() {
        let check = |text: &str, expected: &[&str]| {
            let error = parse("c.yaml", text).unwrap_err().to_string();
            for part in expected {
                assert!(error.contains(part), "{error:?} lacks {part:?}");
            }
        };
        check("hub:\n  lokilisten: 1\n", &["c.yaml:2:3", "hub.lokilisten", "unknown field", "loki_listen"]);
        check("auth: maybe\n", &["c.yaml:1:7", "auth"]);
        check("hub:\n  web_listen: here\n", &["c.yaml:2", "hub.web_listen"]);
    }
}
