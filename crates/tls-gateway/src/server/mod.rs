//! From the listening socket to the answer: connections, TLS, the strict gate in front of the
//! HTTP parser, and one function per request.

mod accept;
mod config;
mod connection;
mod gate;
mod gateway;
mod guards;
mod handler;
mod listeners;
mod progress;
mod respond;
mod shared;
mod tls;

pub use config::Config;
pub use gate::Gate;
pub use gateway::{EntryPoint, Gateway, GatewayParts};
pub use guards::Guards;
pub use listeners::{Listening, bind};
pub use shared::Resources;
pub(crate) use shared::Shared;
pub use tls::ResolverOf;
