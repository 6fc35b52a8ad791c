//! The commands, one file each; `main` hands over to [`Command::run`].

mod backup;
mod bench;
mod ca;
mod command;
mod doctor;
mod events;
mod fields;
mod hub;
mod logging;
mod query;
mod ready;
mod record;
mod replay;
mod rules;
mod run;
mod selftest;
mod sensor;
mod status;
mod store;
mod user;

pub(crate) use command::Arguments;
pub(crate) use logging::{log_to_stderr, try_again};
