//! The `gateway.discovery` section of the configuration.

use serde::Deserialize;

/// Where routes come from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Read the labels of containers.
    pub docker: bool,
    /// Route to containers without `traefik.enable=true` too. Traefik's default is `true`; ours is
    /// not to publish what nobody asked to publish.
    pub exposed_by_default: bool,
    /// The rule of a container that has none; `{name}` is its name.
    pub default_rule: String,
    /// The network on which containers are reached, where their labels name none.
    pub network: String,
    /// Files in the form of Traefik's dynamic configuration (YAML), or folders of them. Read again
    /// when they change.
    pub files: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            docker: true,
            exposed_by_default: false,
            default_rule: "Host(`{name}`)".to_owned(),
            network: String::new(),
            files: Vec::new(),
        }
    }
}
