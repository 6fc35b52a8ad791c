//! What sensor, hub and commands say to each other over the hub's unix socket.

mod client;
mod messages;
mod server;

pub(crate) use client::{HubClient, Sent};
pub(crate) use messages::{
    ContainerReport, RulesStatus, SensorStatus, StatusAnswer, TraceReport, WatchRequest, Watched,
};
pub(crate) use server::{LinkState, LocalListener, routes};
