//! HTTP/1 client over TCP, TLS and unix sockets, for outputs and for the sensor link.
//!
//! A tool: bounded in time and size, follows no redirect, keeps connections, and never names a
//! secret in an error. Knows nothing of alerts.

#![forbid(unsafe_code)]

mod client;
mod config;
mod error;
pub mod limits;
mod target;
#[cfg(test)]
mod tests;
mod tls;

pub use bytes::Bytes;
pub use client::{Client, Response};
pub use config::{Config, TlsConfig};
pub use error::{ConfigError, Error};
pub use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
pub use target::Target;
