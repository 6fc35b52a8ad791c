//! What is worth keeping of who came, who was refused, and what was changed. The sink is given by
//! the process; without one nothing is kept.

use std::{collections::HashMap, net::IpAddr};

use serde::Serialize;

use crate::{
    Access, Denied,
    access::Inner,
    user_file::{Token, User, UserFile},
};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditEvent {
    /// What.
    pub action: AuditAction,
    /// The user or token it is about, as presented: anybody's text. Empty when nobody was named.
    pub user: String,
    /// Where the request came from; nothing for what was done on this host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<IpAddr>,
    /// Further words: the reason of a refusal, the role of a new user.
    pub detail: String,
}

/// Kinds of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditAction {
    /// A session was opened by name and password.
    Login,
    /// A session was ended by its owner.
    Logout,
    /// The first admin was made by the one-time code.
    Setup,
    /// Credentials were wrong, not enough, or came too fast.
    Refused,
    /// A user was added.
    UserAdded,
    /// A user was removed.
    UserRemoved,
    /// A user's password or role was changed.
    UserChanged,
    /// A token was made.
    TokenAdded,
    /// A token was revoked.
    TokenRemoved,
}

/// Takes events. Must not block: it is called while a request waits.
pub type AuditSink = Box<dyn Fn(AuditEvent) + Send + Sync>;

impl Access {
    /// From now on `sink` hears of everything. The first sink stays; with access control off there
    /// is nothing to hear.
    pub fn on_audit(&self, sink: AuditSink) {
        if let Some(inner) = &self.0 {
            let _ = inner.audit.set(sink);
        }
    }
}

impl Inner {
    pub(crate) fn note(&self, action: AuditAction, user: &str, peer: Option<IpAddr>, detail: impl ToString) {
        if let Some(sink) = self.audit.get() {
            let user = user.chars().take(crate::limits::NAME_CHARS_MAX).collect();
            sink(AuditEvent { action, user, peer, detail: detail.to_string() });
        }
    }

    /// Nothing presented is the browser's way to ask for the login form, not a refusal.
    pub(crate) fn note_refusal(&self, denied: &Denied, user: &str, peer: Option<IpAddr>) {
        if *denied != Denied::Missing {
            self.note(AuditAction::Refused, user, peer, denied);
        }
    }

    /// Says what differs between two states of the file, whoever changed it.
    pub(crate) fn note_changes(&self, old: &UserFile, new: &UserFile) {
        if self.audit.get().is_none() {
            return;
        }
        let (old_users, new_users) =
            (by_name(&old.users, |user| &user.name), by_name(&new.users, |user| &user.name));
        self.note_differences(
            &old_users,
            &new_users,
            [AuditAction::UserAdded, AuditAction::UserRemoved],
            |user: &User| user.role,
        );
        for (name, user) in &new_users {
            let Some(before) = old_users.get(name) else { continue };
            if before.role != user.role {
                self.note(AuditAction::UserChanged, name, None, format!("role {}", user.role));
            }
            if before.password_hash != user.password_hash {
                self.note(AuditAction::UserChanged, name, None, "password");
            }
        }
        self.note_differences(
            &by_name(&old.tokens, |token| &token.name),
            &by_name(&new.tokens, |token| &token.name),
            [AuditAction::TokenAdded, AuditAction::TokenRemoved],
            |token: &Token| token.role,
        );
    }

    fn note_differences<T>(
        &self,
        old: &HashMap<&str, &T>,
        new: &HashMap<&str, &T>,
        [added, removed]: [AuditAction; 2],
        role: impl Fn(&T) -> crate::Role,
    ) {
        for (name, thing) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
            self.note(added, name, None, role(thing));
        }
        for (name, thing) in old.iter().filter(|(name, _)| !new.contains_key(*name)) {
            self.note(removed, name, None, role(thing));
        }
    }
}

fn by_name<T>(all: &[T], name: impl Fn(&T) -> &str) -> HashMap<&str, &T> {
    all.iter().map(|one| (name(one), one)).collect()
}
