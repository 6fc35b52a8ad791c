//! Errors of the user file and of the first start.

use std::path::PathBuf;

use crate::limits;

/// Why users, tokens or sessions could not be read or changed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum AccessError {
    #[error("{action} {}: {source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error("{} is damaged: {reason}; restore it or remove it and add the users again", path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error(
        "{0:?} is not a usable name: use 1 to {max} letters, digits, or . _ - @",
        max = limits::NAME_CHARS_MAX
    )]
    BadName(String),
    #[error("the password is too short: use at least {} characters", limits::PASSWORD_CHARS_MIN)]
    PasswordTooShort,
    #[error("the password is too long: use at most {} bytes", limits::PASSWORD_BYTES_MAX)]
    PasswordTooLong,
    #[error("user {0:?} exists already; change the password or remove it first")]
    UserExists(String),
    #[error("there is no user {0:?}")]
    NoSuchUser(String),
    #[error("token {0:?} exists already; revoke it first or choose another name")]
    TokenExists(String),
    #[error("there is no token {0:?}")]
    NoSuchToken(String),
    #[error("there are {max} {what} already; remove one first")]
    TooMany { what: &'static str, max: usize },
    #[error("hashing a password: {0}")]
    Hashing(String),
    #[error("access control is off here; there are no users to change")]
    Off,
}

/// Why the first admin was not made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Somebody was faster, or the command line added a user.
    #[error("a user exists already; log in instead")]
    AlreadyDone,
    /// Not the code that was printed.
    #[error("that is not the code printed at the start")]
    WrongCode {
        /// How many guesses are left.
        tries_left: u32,
    },
    /// Expired, or too many wrong guesses, or never made.
    #[error("the one-time code is no longer valid; restart quaywatch to get a new one")]
    CodeVoid,
    /// The name or the password will not do, or the file cannot be written.
    #[error(transparent)]
    Access(#[from] AccessError),
}
