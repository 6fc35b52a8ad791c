//! From what a request presented to who it is.

use std::{net::IpAddr, sync::atomic::Ordering};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    Access, Identity, Right,
    access::Inner,
    limits,
    secrets::{self, TOKEN_PREFIX},
    user_file::User,
};

/// The credentials of one request, as they stood in it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Presented<'a> {
    /// The `Authorization` header: `Basic` with a user and password (or any user and a token as
    /// the password), or `Bearer` with a token.
    pub authorization: Option<&'a str>,
    /// A token from the URL, for senders that cannot set a header (Falco's `http_output`).
    pub url_token: Option<&'a str>,
    /// The session cookie's value.
    pub session: Option<&'a str>,
    /// Where the request came from; `None` for a unix socket.
    pub peer: Option<IpAddr>,
}

/// Why a request may not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nothing was presented: answer 401.
    #[error("this needs a user or a token: log in, or send an Authorization header")]
    Missing,
    /// It is not known, or no longer: answer 401.
    #[error("the user, password, token or session is wrong or no longer valid")]
    Wrong,
    /// Known, but the role does not include the right: answer 403.
    #[error("your role does not allow this")]
    Forbidden,
    /// Too many wrong passwords: answer 429 with `Retry-After`.
    #[error("too many wrong passwords; try again in {retry_after_s} s")]
    Throttled {
        /// Seconds to wait.
        retry_after_s: u64,
    },
}

impl Access {
    /// Recognises who presented this and checks the right. If several credentials were presented,
    /// one that suffices is enough.
    ///
    /// Takes microseconds, except for a password not seen lately, which costs an argon2 (tens of
    /// milliseconds): call it on a thread that may block, or accept that.
    ///
    /// # Errors
    /// [`Denied`], the most telling one.
    pub fn authorize(&self, presented: &Presented<'_>, right: Right) -> Result<Identity, Denied> {
        let identity = self.identify(presented)?;
        if identity.role.allows(right) {
            return Ok(identity);
        }
        if let Some(inner) = &self.0 {
            inner.note_refusal(&Denied::Forbidden, &identity.name, presented.peer);
        }
        Err(Denied::Forbidden)
    }

    /// Recognises who presented this, whatever they may do.
    ///
    /// # Errors
    /// [`Denied`], but never `Forbidden`.
    pub fn identify(&self, presented: &Presented<'_>) -> Result<Identity, Denied> {
        let Some(inner) = &self.0 else {
            return Ok(Identity { name: "anonymous".to_owned(), role: crate::Role::Admin });
        };
        inner.refresh_sometimes();
        let found = match inner.identify(presented) {
            // The command line may have added it a moment ago.
            Err(Denied::Wrong) if inner.refresh() => inner.identify(presented),
            other => other,
        };
        if let Err(denied) = &found {
            let name = presented.authorization.and_then(basic_name).unwrap_or_default();
            inner.note_refusal(denied, &name, presented.peer);
        }
        found
    }
}

impl Inner {
    fn identify(&self, presented: &Presented<'_>) -> Result<Identity, Denied> {
        let mut denied = Denied::Missing;
        let usable = |text: &&str| text.len() <= limits::CREDENTIAL_BYTES_MAX;
        let ways = [
            presented.session.map(|id| self.by_session(id)),
            presented.url_token.filter(usable).map(|token| self.by_token(token)),
            presented.authorization.filter(usable).map(|header| self.by_header(header, presented.peer)),
        ];
        for result in ways.into_iter().flatten() {
            match result {
                Ok(identity) => return Ok(identity),
                Err(throttled @ Denied::Throttled { .. }) => denied = throttled,
                Err(wrong) if denied == Denied::Missing => denied = wrong,
                Err(_) => {}
            }
        }
        Err(denied)
    }

    fn by_session(&self, id: &str) -> Result<Identity, Denied> {
        let session = self.sessions.lock().get(id, self.now_s()).cloned().ok_or(Denied::Wrong)?;
        let users = self.users.read();
        match users.0.user(&session.user) {
            Some(user) if session.is_of(user) => Ok(Identity { name: user.name.clone(), role: user.role }),
            _ => Err(Denied::Wrong),
        }
    }

    fn by_token(&self, token: &str) -> Result<Identity, Denied> {
        let hash = secrets::sha256(token.as_bytes());
        let now_s = self.now_s();
        let users = self.users.read();
        // Every token is compared, in constant time each.
        let mut found = None;
        for known in &users.0.tokens {
            if secrets::from_hex(&known.sha256).is_some_and(|known| secrets::equal(&known, &hash)) {
                found = Some(known);
            }
        }
        match found {
            Some(token) if token.expires_unix_s.is_none_or(|expires| now_s < expires) => {
                Ok(Identity { name: token.name.clone(), role: token.role })
            }
            _ => Err(Denied::Wrong),
        }
    }

    fn by_header(&self, header: &str, peer: Option<IpAddr>) -> Result<Identity, Denied> {
        let (scheme, value) = header.trim().split_once(' ').ok_or(Denied::Wrong)?;
        let value = value.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            return self.by_token(value);
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return Err(Denied::Wrong);
        }
        let decoded = STANDARD.decode(value).map_err(|_| Denied::Wrong)?;
        let decoded = String::from_utf8(decoded).map_err(|_| Denied::Wrong)?;
        let (name, password) = decoded.split_once(':').ok_or(Denied::Wrong)?;
        if password.starts_with(TOKEN_PREFIX)
            && let Ok(identity) = self.by_token(password)
        {
            return Ok(identity);
        }
        let user = self.by_password(name, password, peer)?;
        Ok(Identity { name: user.name, role: user.role })
    }

    /// Verifies a password: from memory, or by argon2 unless throttled.
    pub(crate) fn by_password(
        &self,
        name: &str,
        password: &str,
        peer: Option<IpAddr>,
    ) -> Result<User, Denied> {
        let user = self.users.read().0.user(name).cloned();
        let now_ms = self.now_ms();
        let known_hash = user.as_ref().map_or(UNKNOWN_USER_HASH, |user| user.password_hash.as_str());
        let fingerprint = self.verified.lock().fingerprint(name, known_hash, password);
        if let Some(user) = &user
            && self.verified.lock().contains(&fingerprint, now_ms)
        {
            return Ok(user.clone());
        }
        let wait_ms = self.throttle.lock().wait_ms(peer, name, now_ms);
        if wait_ms > 0 {
            return Err(Denied::Throttled { retry_after_s: wait_ms.div_ceil(1000) });
        }
        if password.len() > limits::PASSWORD_BYTES_MAX {
            return Err(Denied::Wrong);
        }
        let _slot = HashSlot::take(self).ok_or(Denied::Throttled { retry_after_s: 1 })?;
        // An unknown user costs the same, so that names cannot be told by time.
        let right = secrets::verify_password(password, known_hash);
        match user {
            Some(user) if right => {
                self.throttle.lock().succeeded(peer, name);
                self.verified.lock().insert(fingerprint, now_ms);
                Ok(user)
            }
            _ => {
                self.throttle.lock().failed(peer, name, now_ms);
                Err(Denied::Wrong)
            }
        }
    }
}

/// The user name of a Basic header, for the audit.
fn basic_name(header: &str) -> Option<String> {
    let (scheme, value) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") || value.len() > limits::CREDENTIAL_BYTES_MAX {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    Some(decoded.split_once(':')?.0.to_owned())
}

/// argon2id with our parameters of a password nobody has: random salt and random hash.
const UNKNOWN_USER_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZSByYW5kb20gc2FsdA$Zm9yIG5vYm9keSwgZXZlci4gTm90IGEgaGFzaCEhISE";

/// One of the argon2 runs allowed at once.
struct HashSlot<'a>(&'a Inner);

impl<'a> HashSlot<'a> {
    fn take(inner: &'a Inner) -> Option<Self> {
        let taken = inner.hashing.fetch_add(1, Ordering::AcqRel);
        let slot = HashSlot(inner);
        (taken < limits::HASHES_AT_ONCE_MAX).then_some(slot)
    }
}

impl Drop for HashSlot<'_> {
    fn drop(&mut self) {
        self.0.hashing.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordHash;

    use super::*;

    #[test]
    fn an_unknown_user_costs_what_a_known_one_does() {
        let unknown = PasswordHash::new(UNKNOWN_USER_HASH).unwrap();
        let known = secrets::hash_password("some password").unwrap();
        let known = PasswordHash::new(&known).unwrap();
        assert_eq!(unknown.params, known.params);
        assert_eq!(unknown.hash.unwrap().len(), known.hash.unwrap().len());
    }
}
