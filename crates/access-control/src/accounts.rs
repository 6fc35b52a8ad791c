//! Users and tokens as the command line handles them. A running hub notices each change.

use std::time::Duration;

use crate::{
    Access, AccessError, Role,
    access::Inner,
    limits,
    secrets::{self, TOKEN_PREFIX},
    user_file::{Token, User},
};

/// A user as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserInfo {
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Seconds since 1970.
    pub created_unix_s: u64,
}

/// A token as it is listed; its secret is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenInfo {
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Seconds since 1970.
    pub created_unix_s: u64,
    /// Seconds since 1970; `None`: until it is revoked.
    pub expires_unix_s: Option<u64>,
}

impl Access {
    /// Adds a user.
    ///
    /// # Errors
    /// A name or password that will not do, a taken name, a full file.
    pub fn add_user(&self, name: &str, role: Role, password: &str) -> Result<(), AccessError> {
        let inner = self.inner()?;
        let user = new_user(name, role, password, inner.now_s())?;
        inner.update(|file| {
            if file.user(name).is_some() {
                return Err(AccessError::UserExists(name.to_owned()));
            }
            if file.users.len() >= limits::USERS_MAX {
                return Err(AccessError::TooMany { what: "users", max: limits::USERS_MAX });
            }
            file.users.push(user);
            Ok(())
        })
    }

    /// Removes a user and with it their sessions.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn remove_user(&self, name: &str) -> Result<(), AccessError> {
        self.inner()?.update(|file| {
            let before = file.users.len();
            file.users.retain(|user| user.name != name);
            if file.users.len() == before { Err(AccessError::NoSuchUser(name.to_owned())) } else { Ok(()) }
        })
    }

    /// Replaces a password; sessions opened with the old one end.
    ///
    /// # Errors
    /// When there is none of that name, or the password will not do.
    pub fn set_password(&self, name: &str, password: &str) -> Result<(), AccessError> {
        check_password(password)?;
        let hash = secrets::hash_password(password)?;
        self.change_user(name, |user| user.password_hash = hash)
    }

    /// Replaces a role.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn set_role(&self, name: &str, role: Role) -> Result<(), AccessError> {
        self.change_user(name, |user| user.role = role)
    }

    /// All users, in the order they were added.
    pub fn users(&self) -> Vec<UserInfo> {
        let Some(inner) = &self.0 else { return Vec::new() };
        inner.refresh();
        let info = |user: &User| UserInfo {
            name: user.name.clone(),
            role: user.role,
            created_unix_s: user.created_unix_s,
        };
        inner.users.read().0.users.iter().map(info).collect()
    }

    /// Makes a token and returns its secret, which cannot be had again.
    ///
    /// # Errors
    /// A name that will not do or is taken, a full file.
    pub fn add_token(
        &self,
        name: &str,
        role: Role,
        lifetime: Option<Duration>,
    ) -> Result<String, AccessError> {
        check_name(name)?;
        let inner = self.inner()?;
        let now_s = inner.now_s();
        let secret = format!("{TOKEN_PREFIX}{}", secrets::random_text());
        let token = Token {
            name: name.to_owned(),
            role,
            sha256: secrets::to_hex(&secrets::sha256(secret.as_bytes())),
            created_unix_s: now_s,
            expires_unix_s: lifetime.map(|lifetime| now_s.saturating_add(lifetime.as_secs())),
        };
        inner.update(|file| {
            file.tokens.retain(|token| token.expires_unix_s.is_none_or(|expires| now_s < expires));
            if file.tokens.iter().any(|token| token.name == name) {
                return Err(AccessError::TokenExists(name.to_owned()));
            }
            if file.tokens.len() >= limits::TOKENS_MAX {
                return Err(AccessError::TooMany { what: "tokens", max: limits::TOKENS_MAX });
            }
            file.tokens.push(token);
            Ok(())
        })?;
        Ok(secret)
    }

    /// Revokes a token.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn remove_token(&self, name: &str) -> Result<(), AccessError> {
        self.inner()?.update(|file| {
            let before = file.tokens.len();
            file.tokens.retain(|token| token.name != name);
            if file.tokens.len() == before { Err(AccessError::NoSuchToken(name.to_owned())) } else { Ok(()) }
        })
    }

    /// All tokens, in the order they were made.
    pub fn tokens(&self) -> Vec<TokenInfo> {
        let Some(inner) = &self.0 else { return Vec::new() };
        inner.refresh();
        let info = |token: &Token| TokenInfo {
            name: token.name.clone(),
            role: token.role,
            created_unix_s: token.created_unix_s,
            expires_unix_s: token.expires_unix_s,
        };
        inner.users.read().0.tokens.iter().map(info).collect()
    }

    fn change_user(&self, name: &str, change: impl FnOnce(&mut User)) -> Result<(), AccessError> {
        self.inner()?.update(|file| {
            let user = file.users.iter_mut().find(|user| user.name == name);
            change(user.ok_or_else(|| AccessError::NoSuchUser(name.to_owned()))?);
            Ok(())
        })
    }

    fn inner(&self) -> Result<&Inner, AccessError> {
        self.0.as_deref().ok_or(AccessError::Off)
    }
}

pub(crate) fn new_user(name: &str, role: Role, password: &str, now_s: u64) -> Result<User, AccessError> {
    check_name(name)?;
    check_password(password)?;
    let password_hash = secrets::hash_password(password)?;
    Ok(User { name: name.to_owned(), role, password_hash, created_unix_s: now_s })
}

/// No `:`, which ends the name in Basic authorisation, and nothing that could confuse a log.
fn check_name(name: &str) -> Result<(), AccessError> {
    let usable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    let fits = !name.is_empty() && name.len() <= limits::NAME_CHARS_MAX;
    if fits && name.chars().all(usable) { Ok(()) } else { Err(AccessError::BadName(name.to_owned())) }
}

fn check_password(password: &str) -> Result<(), AccessError> {
    if password.chars().count() < limits::PASSWORD_CHARS_MIN {
        return Err(AccessError::PasswordTooShort);
    }
    if password.len() > limits::PASSWORD_BYTES_MAX {
        return Err(AccessError::PasswordTooLong);
    }
    Ok(())
}
