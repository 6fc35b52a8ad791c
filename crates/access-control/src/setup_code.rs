//! The one-time code of the first start: whoever can read the log may make the first admin.
//!
//! Lives in memory only; each start without users makes another.

use crate::{
    SetupError, limits,
    secrets::{self, Digest},
};

#[derive(Debug)]
pub(crate) struct SetupCode {
    hash: Digest,
    expires_ms: u64,
    tries_left: u32,
}

impl SetupCode {
    /// The code's text is returned once and not kept.
    pub(crate) fn make(now_ms: u64) -> (SetupCode, String) {
        let text = secrets::random_code();
        let code = SetupCode {
            hash: secrets::sha256(secrets::normal_code(&text).as_bytes()),
            expires_ms: now_ms.saturating_add(limits::SETUP_LIFETIME_MS),
            tries_left: limits::SETUP_TRIES_MAX,
        };
        (code, text)
    }

    /// Counts a wrong try.
    pub(crate) fn check(&mut self, typed: &str, now_ms: u64) -> Result<(), SetupError> {
        if self.tries_left == 0 || now_ms >= self.expires_ms {
            return Err(SetupError::CodeVoid);
        }
        if secrets::equal(&self.hash, &secrets::sha256(secrets::normal_code(typed).as_bytes())) {
            return Ok(());
        }
        self.tries_left -= 1;
        Err(SetupError::WrongCode { tries_left: self.tries_left })
    }
}
