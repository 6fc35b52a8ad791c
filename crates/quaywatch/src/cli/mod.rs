//! The commands, one file each; `main` hands over to [`Command::run`].

mod command;
mod doctor;
mod hub;
mod logging;
mod rules;
mod run;
mod selftest;
mod sensor;
mod user;

pub(crate) use command::Arguments;
pub(crate) use logging::{log_to_stderr, try_again};
