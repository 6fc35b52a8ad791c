//! Containers of this host: which one a process belongs to, and what its runtime says about it.
//!
//! A tool of the stage `kernel event -> enriched event`. [`container_of_cgroup`] reads an id out
//! of a control group path and needs nobody's help; [`Directory`] knows names, images and labels,
//! which it learns from the runtimes' Docker-compatible sockets, or from the
//! bundles that containerd, CRI-O and Podman leave on disk. Without any runtime the ids
//! still work. Knows no event, no rule and no process table.

#![forbid(unsafe_code)]

mod bundle;
mod cgroup;
mod config;
mod container;
mod directory;
mod entries;
mod health;
mod id;
mod image;
mod inspect;
pub mod limits;
mod metrics;
mod socket;
mod watch;

pub use cgroup::container_of_cgroup;
pub use config::{Config, SocketConfig};
pub use container::{Container, Mount, State};
pub use directory::Directory;
pub use health::{HealthState, RuntimeHealth};
pub use id::{ContainerId, Runtime};
