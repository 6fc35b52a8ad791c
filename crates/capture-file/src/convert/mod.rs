//! Events of older captures turned into today's, as libscap's converter of libs 0.25 does.

mod converter;
mod files;
mod processes;
mod sockets;
mod table;

pub(crate) use converter::{Converter, Outcome, Raw};
