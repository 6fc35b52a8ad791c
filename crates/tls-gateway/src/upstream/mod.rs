//! Services: servers behind the gateway, and handlers in this process.
//!
//! Last on a request's way in, first on the answer's way out. Knows no route and no rule.

mod balancer;
mod client;
mod health;
mod proxy;
mod service;
mod tunnel;

pub(crate) use balancer::{Balancer, Target};
pub(crate) use client::{Clients, Upstream};
pub(crate) use proxy::{bounded_attempts, give_back_upgrade, set_aside_upgrade, set_forwarded};
pub use service::{Handler, HandlerFuture, in_process};
pub(crate) use service::{ServiceHandle, Weighted};
pub(crate) use tunnel::Tunnels;
