//! Sessions of the page: who logged in, kept over restarts of the hub.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    AccessError, limits,
    secrets::{self, Digest},
    user_file::{User, read_json, write_json},
};

#[derive(Debug)]
pub(crate) struct Sessions {
    path: PathBuf,
    by_hash: HashMap<Digest, Session>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    /// Hex of the SHA-256 of the session id.
    id_sha256: String,
    pub(crate) user: String,
    /// Hex of the SHA-256 of the password hash at login: a changed password ends the session.
    password: String,
    created_unix_s: u64,
    pub(crate) expires_unix_s: u64,
}

impl Session {
    /// Whether the session still stands for this user.
    pub(crate) fn is_of(&self, user: &User) -> bool {
        self.password == password_mark(user)
    }
}

impl Sessions {
    /// A damaged file only costs everybody a new login.
    pub(crate) fn load(dir: &Path, now_s: u64) -> Sessions {
        let path = dir.join("sessions.json");
        let stored = match read_json::<Vec<Session>>(&path) {
            Ok(stored) => stored.map(|(sessions, _)| sessions).unwrap_or_default(),
            Err(error) => {
                tracing::warn!(%error, "sessions are lost; everybody must log in again");
                Vec::new()
            }
        };
        let by_hash = stored
            .into_iter()
            .filter(|session| session.expires_unix_s > now_s)
            .take(limits::SESSIONS_MAX)
            .filter_map(|session| Some((secrets::from_hex(&session.id_sha256)?, session)))
            .collect();
        Sessions { path, by_hash }
    }

    /// Returns the new session's id and when it ends.
    pub(crate) fn add(&mut self, user: &User, now_s: u64) -> Result<(String, u64), AccessError> {
        self.by_hash.retain(|_, session| session.expires_unix_s > now_s);
        self.drop_oldest(limits::SESSIONS_PER_USER_MAX, |session| session.user == user.name);
        self.drop_oldest(limits::SESSIONS_MAX, |_| true);
        let id = secrets::random_text();
        let hash = secrets::sha256(id.as_bytes());
        let expires_unix_s = now_s.saturating_add(limits::SESSION_LIFETIME_S);
        let session = Session {
            id_sha256: secrets::to_hex(&hash),
            user: user.name.clone(),
            password: password_mark(user),
            created_unix_s: now_s,
            expires_unix_s,
        };
        self.by_hash.insert(hash, session);
        self.save()?;
        Ok((id, expires_unix_s))
    }

    pub(crate) fn get(&self, id: &str, now_s: u64) -> Option<&Session> {
        let session = self.by_hash.get(&secrets::sha256(id.as_bytes()))?;
        (session.expires_unix_s > now_s).then_some(session)
    }

    pub(crate) fn remove(&mut self, id: &str) -> Result<(), AccessError> {
        match self.by_hash.remove(&secrets::sha256(id.as_bytes())) {
            Some(_) => self.save(),
            None => Ok(()),
        }
    }

    /// Makes room for one more among those that count.
    fn drop_oldest(&mut self, max: usize, counts: impl Fn(&Session) -> bool) {
        while self.by_hash.values().filter(|session| counts(session)).count() >= max {
            let oldest = self
                .by_hash
                .iter()
                .filter(|(_, session)| counts(session))
                .min_by_key(|(_, session)| session.created_unix_s)
                .map(|(hash, _)| *hash);
            match oldest {
                Some(hash) => self.by_hash.remove(&hash),
                None => return,
            };
        }
    }

    fn save(&self) -> Result<(), AccessError> {
        let mut all: Vec<&Session> = self.by_hash.values().collect();
        all.sort_by(|a, b| {
            a.created_unix_s.cmp(&b.created_unix_s).then_with(|| a.id_sha256.cmp(&b.id_sha256))
        });
        write_json(&self.path, &all)
    }
}

fn password_mark(user: &User) -> String {
    secrets::to_hex(&secrets::sha256(user.password_hash.as_bytes()))
}
