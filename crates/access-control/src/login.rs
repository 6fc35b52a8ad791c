//! The page's ways in: first admin by the one-time code, login, logout.

use std::net::IpAddr;

use crate::{
    Access, AccessError, AuditAction, Denied, Identity, Role, SetupError, accounts, setup_code::SetupCode,
    user_file::User,
};

/// A session that was just opened.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The cookie's value. Not kept anywhere else.
    pub id: String,
    /// When it ends, seconds since 1970.
    pub expires_unix_s: u64,
    /// Whose it is.
    pub identity: Identity,
}

impl Access {
    /// Whether there is no user yet, so that the page asks for the one-time code.
    pub fn needs_setup(&self) -> bool {
        self.0.as_ref().is_some_and(|inner| {
            inner.refresh_sometimes();
            inner.users.read().0.users.is_empty()
        })
    }

    /// Makes the one-time code, to be printed; `None` when a user exists or access control is
    /// off. A new code voids the one before.
    pub fn setup_code(&self) -> Option<String> {
        let inner = self.0.as_ref().filter(|_| self.needs_setup())?;
        let (code, text) = SetupCode::make(inner.now_ms());
        *inner.setup_code.lock() = Some(code);
        Some(text)
    }

    /// Makes the first admin and logs them in.
    ///
    /// # Errors
    /// [`SetupError`]; a wrong code counts, a bad name or password does not.
    pub fn setup(&self, code: &str, name: &str, password: &str) -> Result<NewSession, SetupError> {
        let inner = self.0.as_ref().ok_or(SetupError::Access(AccessError::Off))?;
        inner.refresh();
        if !inner.users.read().0.users.is_empty() {
            return Err(SetupError::AlreadyDone);
        }
        // Held to the end: two requests with the right code make one admin.
        let mut slot = inner.setup_code.lock();
        slot.as_mut().ok_or(SetupError::CodeVoid)?.check(code, inner.now_ms())?;
        let user = accounts::new_user(name, Role::Admin, password, inner.now_s())?;
        let mut taken = false;
        inner.update(|file| {
            taken = !file.users.is_empty();
            if !taken {
                file.users.push(user.clone());
            }
            Ok(())
        })?;
        *slot = None;
        drop(slot);
        if taken {
            return Err(SetupError::AlreadyDone);
        }
        inner.note(AuditAction::Setup, name, None, Role::Admin);
        Ok(self.open_session(&user)?)
    }

    /// Checks the password and opens a session. Costs an argon2.
    ///
    /// # Errors
    /// The outer one when sessions cannot be saved; the inner one when this is not the user.
    pub fn login(
        &self,
        name: &str,
        password: &str,
        peer: Option<IpAddr>,
    ) -> Result<Result<NewSession, Denied>, AccessError> {
        let inner = self.0.as_ref().ok_or(AccessError::Off)?;
        inner.refresh();
        match inner.by_password(name, password, peer) {
            Ok(user) => {
                let session = self.open_session(&user)?;
                inner.note(AuditAction::Login, name, peer, user.role);
                Ok(Ok(session))
            }
            Err(denied) => {
                inner.note_refusal(&denied, name, peer);
                Ok(Err(denied))
            }
        }
    }

    /// Ends a session; one that is not there is ended already.
    ///
    /// # Errors
    /// When the sessions cannot be saved.
    pub fn logout(&self, session: &str) -> Result<(), AccessError> {
        match &self.0 {
            Some(inner) => {
                if let Some(session) = inner.sessions.lock().get(session, inner.now_s()) {
                    inner.note(AuditAction::Logout, &session.user, None, "");
                }
                inner.sessions.lock().remove(session)
            }
            None => Ok(()),
        }
    }

    fn open_session(&self, user: &User) -> Result<NewSession, AccessError> {
        let inner = self.0.as_ref().ok_or(AccessError::Off)?;
        let (id, expires_unix_s) = inner.sessions.lock().add(user, inner.now_s())?;
        let identity = Identity { name: user.name.clone(), role: user.role };
        Ok(NewSession { id, expires_unix_s, identity })
    }
}
