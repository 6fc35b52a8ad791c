//! Who may do what: users, roles, tokens, sessions and the one-time code of the first start.
//!
//! Shared by every listener of the hub and by the command line. All state lies in one folder:
//! `users.json` (users and tokens, also written by the command line in another process) and
//! `sessions.json` (written by the hub only). Knows no HTTP and no route: a listener hands over
//! what was presented ([`Presented`]) and the [`Right`] it needs.
//!
//! Invariant: no secret is stored as it is. Passwords are argon2id hashes; tokens, session ids and
//! the one-time code are 60 to 256 random bits of which only the SHA-256 is kept. There is no
//! default password.

#![forbid(unsafe_code)]

mod access;
mod accounts;
mod audit;
mod authorize;
mod error;
mod htpasswd;
pub mod limits;
mod login;
mod role;
mod secrets;
mod session;
mod setup_code;
mod throttle;
mod user_file;
mod verified;

pub use access::Access;
pub use accounts::{TokenInfo, UserInfo};
pub use audit::{AuditAction, AuditEvent, AuditSink};
pub use authorize::{Denied, Presented};
pub use error::{AccessError, SetupError};
pub use htpasswd::{Htpasswd, LineProblem, PasswordGuard};
pub use login::NewSession;
pub use role::{Identity, Right, Role, UnknownRole};

#[cfg(test)]
mod tests;
