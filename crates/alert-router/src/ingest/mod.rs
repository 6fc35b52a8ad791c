//! The two doors through which alerts come in.
//!
//! [`http`] takes what Falco, Falcosidekick's senders and people post; [`sensor_link`] takes our
//! own sensors' alerts with their identity. Both answer 200 only when everything is durable.

mod answer;
mod body;
mod http;
mod sensor;
#[cfg(test)]
mod tests;

pub use http::http;
pub use sensor::sensor_link;

#[cfg(feature = "fuzzing")]
pub(crate) use body::{parse_foreign, parse_sensor};
