//! Every output by name, and making them from the configuration.
//!
//! Adding one: a folder, a line in [`OUTPUTS`], a key in [`Config`] and a line in [`build`].

use std::sync::Arc;

use alert_router::Output;
use log_record::LogWriter;
use telemetry::Registry;

use crate::{stdout, store, webhook};

/// What there is to choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Description {
    /// The key in the configuration.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
}

/// All outputs, sorted by name.
pub const OUTPUTS: &[Description] = &[stdout::DESCRIPTION, store::DESCRIPTION, webhook::DESCRIPTION];

/// Which outputs are on. One key per output; those of which there can be several are lists.
#[derive(Debug, Clone, Default, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Alerts as lines on the standard output.
    pub stdout: stdout::Config,
    /// The log store of this host.
    pub store: store::Config,
    /// Alerts posted as JSON.
    pub webhook: Vec<webhook::Config>,
}

/// What outputs need from the process.
pub struct Resources {
    /// The log store.
    pub writer: Arc<dyn LogWriter>,
    /// Where they count.
    pub registry: Registry,
}

/// Why an output cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The standard output's thread.
    #[error("starting the standard output: {0}")]
    Stdout(std::io::Error),
    /// A webhook.
    #[error("webhook {name:?}: {source}")]
    Webhook {
        /// Which one.
        name: String,
        /// What is wrong.
        source: webhook::ConfigError,
    },
}

/// Makes all outputs that are on.
///
/// # Errors
/// [`OutputError`], naming the output.
pub fn build(config: &Config, resources: &Resources) -> Result<Vec<Arc<dyn Output>>, OutputError> {
    let mut outputs: Vec<Arc<dyn Output>> = Vec::new();
    if config.stdout.enabled {
        outputs.push(Arc::new(stdout::StdoutOutput::new(&config.stdout).map_err(OutputError::Stdout)?));
    }
    if config.store.enabled {
        outputs.push(Arc::new(store::StoreOutput::new(&config.store, resources.writer.clone())));
    }
    for config in &config.webhook {
        let webhook = webhook::WebhookOutput::new(config, &resources.registry)
            .map_err(|source| OutputError::Webhook { name: config.name.clone(), source })?;
        outputs.push(Arc::new(webhook));
    }
    Ok(outputs)
}
