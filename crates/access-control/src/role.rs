//! Roles, rights, and who somebody turned out to be.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What a user or token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// May query and look.
    Reader,
    /// May push alerts and log lines, and nothing else.
    Writer,
    /// Both, and the settings.
    Admin,
}

/// What a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// Query, look, follow.
    Read,
    /// Push.
    Write,
    /// Change settings and users.
    Administer,
}

impl Role {
    /// All roles, for help texts.
    pub const ALL: [Role; 3] = [Role::Reader, Role::Writer, Role::Admin];

    /// Whether this role includes the right.
    pub fn allows(self, right: Right) -> bool {
        match self {
            Role::Reader => right == Right::Read,
            Role::Writer => right == Right::Write,
            Role::Admin => true,
        }
    }

    /// As it is written in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Role::Reader => "reader",
            Role::Writer => "writer",
            Role::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A role that is none of the three.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown role {0:?}: use one of reader, writer, admin")]
pub struct UnknownRole(pub String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Role::ALL
            .into_iter()
            .find(|role| role.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

/// Who was recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user's or the token's name; `anonymous` where access control is off.
    pub name: String,
    /// What they may do.
    pub role: Role,
}
