//! `quaywatch user`: who may do what. A running hub notices each change.

use std::{
    io::{BufRead as _, IsTerminal as _, Read as _},
    os::unix::fs::MetadataExt as _,
    process::ExitCode,
    time::Duration,
};

use access_control::{Access, Role};
use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::command::Common;
use crate::{config::Config, supervisor};

/// Longer input is no password.
const PASSWORD_BYTES_MAX: u64 = 4096;

/// Add, list and remove users and tokens
#[derive(Debug, clap::Args)]
pub(crate) struct User {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add a user; the password is asked for, or read from standard input
    Add {
        /// The user's name
        name: String,
        /// reader may query, writer may push, admin may do both and change settings
        #[arg(long)]
        role: Role,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// Replace a user's password and end their sessions
    #[command(visible_alias = "password")]
    Passwd {
        /// The user's name
        name: String,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// Remove a user and end their sessions
    Remove {
        /// The user's name
        name: String,
    },
    /// List users and tokens
    List,
    /// Make a token and print it; it cannot be shown again
    AddToken {
        /// What the token is for
        name: String,
        /// reader may query, writer may push, admin may do both and change settings
        #[arg(long)]
        role: Role,
        /// Days until it is void; never when left out
        #[arg(long)]
        days: Option<u32>,
    },
    /// Revoke a token
    RemoveToken {
        /// The token's name
        name: String,
    },
}

/// Where a new password comes from.
#[derive(Debug, clap::Args)]
struct PasswordSource {
    /// Read the password from the first line of standard input and never ask
    #[arg(long)]
    password_stdin: bool,
}

impl PasswordSource {
    /// Asks twice on a terminal, unless told not to; else one line of standard input.
    fn read(&self) -> Result<String> {
        if !self.password_stdin && std::io::stdin().is_terminal() { asked_twice() } else { password() }
    }
}

impl User {
    /// Changes the user file of the data folder.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let config = self.common.load()?;
        let access = open(&config)?;
        match self.action {
            Action::Add { name, role, password } => {
                access.add_user(&name, role, &password.read()?)?;
                println!("added {name} ({role})");
            }
            Action::Passwd { name, password } => {
                access.set_password(&name, &password.read()?)?;
                println!("changed the password of {name}; their sessions have ended");
            }
            Action::Remove { name } => {
                access.remove_user(&name)?;
                println!("removed {name}");
            }
            Action::List => {
                for user in access.users() {
                    println!("user   {:<8} {}", user.role, user.name);
                }
                for token in access.tokens() {
                    println!("token  {:<8} {}", token.role, token.name);
                }
            }
            Action::AddToken { name, role, days } => {
                let lifetime = days.map(|days| Duration::from_secs(u64::from(days).saturating_mul(86_400)));
                println!("{}", access.add_token(&name, role, lifetime)?);
            }
            Action::RemoveToken { name } => {
                access.remove_token(&name)?;
                println!("revoked {name}");
            }
        }
        give_to_hub(&config)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The users of this data folder, ready to be changed.
pub(crate) fn open(config: &Config) -> Result<Access> {
    supervisor::prepare_hub_folder(config)?;
    Ok(Access::open(&config.access_dir())?)
}

/// What root wrote must stay readable to the hub.
pub(crate) fn give_to_hub(config: &Config) -> Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let owner = std::fs::metadata(config.hub_dir())?;
    let folder = config.access_dir();
    let mut paths = vec![folder.clone()];
    for entry in std::fs::read_dir(&folder)? {
        paths.push(entry?.path());
    }
    for path in paths {
        match std::os::unix::fs::lchown(&path, Some(owner.uid()), Some(owner.gid())) {
            // A temporary file of the hub may be gone by now.
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| path.display().to_string());
            }
            _ => {}
        }
    }
    Ok(())
}

/// One line of standard input.
pub(crate) fn password() -> Result<String> {
    let mut text = String::new();
    std::io::stdin().take(PASSWORD_BYTES_MAX).read_to_string(&mut text)?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        bail!("no password on standard input: try `printf %s \"$PASSWORD\" | quaywatch user …`");
    }
    Ok(line.to_owned())
}

/// A password typed at the terminal, unseen, and typed again.
fn asked_twice() -> Result<String> {
    let first = unseen("Password: ")?;
    if unseen("Again: ")? != first {
        bail!("the two passwords differ; nothing was changed");
    }
    if first.is_empty() {
        bail!("an empty password is none; nothing was changed");
    }
    Ok(first)
}

/// One line of the terminal with its echo off, which is back on when this ends by any way but a kill.
fn unseen(prompt: &str) -> Result<String> {
    struct Echo(Termios);
    impl Drop for Echo {
        fn drop(&mut self) {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.0);
        }
    }
    let stdin = std::io::stdin();
    let echo = Echo(tcgetattr(&stdin)?);
    let mut silent = echo.0.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    eprint!("{prompt}");
    tcsetattr(&stdin, OptionalActions::Flush, &silent)?;
    let mut line = String::new();
    stdin.lock().take(PASSWORD_BYTES_MAX).read_line(&mut line)?;
    eprintln!();
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
