//! The gateway put together: certificates, routes of our own, routes found, and the sockets.

mod config;
mod door;
mod own_routes;
mod view;

pub(crate) use config::GatewayConfig;
pub(crate) use door::{Door, Services};
pub(crate) use view::View;
