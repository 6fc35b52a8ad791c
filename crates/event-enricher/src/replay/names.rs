//! Names of users and groups, as the capture has them. Those of containers are kept apart: a
//! container without a list of its own knows nobody but root.

use std::collections::HashMap;

use event::tables::{GroupRecord, UserRecord};

use crate::{limits::REPLAYED_USERS_MAX, users::User};

/// The host's list, and those of containers by their short ids.
#[derive(Debug, Default)]
pub(crate) struct Names {
    users: HashMap<Box<str>, HashMap<u32, User>>,
    groups: HashMap<Box<str>, HashMap<u32, Box<[u8]>>>,
    count: usize,
    /// Entries refused because there was no room.
    pub(crate) refused: u64,
}

impl Names {
    /// A user of a container; of the host when the id is empty.
    pub(crate) fn add_user(&mut self, container: &str, record: &UserRecord) {
        if !self.has_room() {
            return;
        }
        let name = if record.name.is_empty() { b"<NA>" } else { &record.name[..] };
        let home = if record.home.is_empty() { b"<NA>" } else { &record.home[..] };
        let shell = if record.shell.is_empty() { b"<NA>" } else { &record.shell[..] };
        let user = User { name: name.into(), home: home.into(), shell: shell.into() };
        self.users.entry(container.into()).or_default().insert(record.uid, user);
    }

    pub(crate) fn add_group(&mut self, container: &str, record: &GroupRecord) {
        if !self.has_room() {
            return;
        }
        let name = if record.name.is_empty() { b"<NA>" } else { &record.name[..] };
        self.groups.entry(container.into()).or_default().insert(record.gid, name.into());
    }

    pub(crate) fn remove_user(&mut self, container: &str, uid: u32) {
        if let Some(list) = self.users.get_mut(container)
            && list.remove(&uid).is_some()
        {
            self.count -= 1;
        }
    }

    pub(crate) fn remove_group(&mut self, container: &str, gid: u32) {
        if let Some(list) = self.groups.get_mut(container)
            && list.remove(&gid).is_some()
        {
            self.count -= 1;
        }
    }

    pub(crate) fn user(&self, container: &str, uid: u32) -> Option<&User> {
        self.users.get(container)?.get(&uid)
    }

    pub(crate) fn group(&self, container: &str, gid: u32) -> Option<&[u8]> {
        self.groups.get(container)?.get(&gid).map(|name| &**name)
    }

    fn has_room(&mut self) -> bool {
        let has_room = self.count < REPLAYED_USERS_MAX;
        if has_room {
            self.count += 1;
        } else {
            self.refused += 1;
        }
        has_room
    }
}
