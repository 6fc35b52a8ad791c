//! Alerts posted as JSON to a URL, with Falcosidekick's body.

mod body;
mod config;
mod output;
#[cfg(test)]
mod tests;

pub use body::falcosidekick_json;
pub use config::{Config, ConfigError, HttpMethod};
pub use output::{DESCRIPTION, WebhookOutput};
