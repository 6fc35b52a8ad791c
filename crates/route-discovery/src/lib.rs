//! Docker labels and files become routes, as Traefik v3's docker and file providers have it.
//!
//! Between the inventory that the sensor sends and the route table. Labels are the words of
//! whoever made an image or started a container: they are never expanded, bounded in size and
//! number, and reach no other container's route, no file and no address but their own.
//! Knows no container runtime and no socket.

#![forbid(unsafe_code)]

mod claims;
mod config;
mod container;
mod decode;
mod discovery;
mod file;
mod groups;
mod inventory;
mod labels;
pub mod limits;
mod merge;
mod node;
#[cfg(test)]
mod tests;

pub use config::Config;
pub use discovery::Discovery;
pub use inventory::{Inventory, InventoryItem, NetworkAddress};
pub use labels::{LabelError, decode_labels};
