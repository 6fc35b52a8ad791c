//! Replay: the state of a recorded machine, rebuilt from its capture as libsinsp does.
//!
//! Live, the kernel tells who a thread is and what a descriptor leads to. A capture has only the
//! tables it starts with and what events say, so threads, descriptors, directories and names are
//! followed from event to event here, in the reference's own way: where it errs, so does this,
//! since rules are compared on recorded reality.

mod addresses;
mod args;
mod changes;
mod clone;
mod codes;
mod containers;
mod descriptor;
mod descriptor_table;
mod exec;
mod exit;
#[cfg(test)]
mod feature_tests;
mod fields;
mod files;
mod hasher;
mod names;
mod paths;
#[cfg(test)]
mod property_tests;
mod render;
mod replayer;
mod seed;
mod socket_text;
mod sockets;
mod step;
mod syscall_names;
mod thread;
mod thread_table;
mod transfer;
mod view;

pub use replayer::Replayer;
pub use view::Replayed;
