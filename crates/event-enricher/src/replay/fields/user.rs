//! `user.*` and `group.*`: who the caller acts as.

use event::{FieldId, Value, field_id as id};

use crate::{replay::Replayed, users::User};

/// libsinsp's word for an id without a name. It is a value, not a missing one.
const UNNAMED: &[u8] = b"<NA>";

pub(super) fn extract<'s>(e: &'s Replayed<'_>, field: FieldId) -> Option<Value<'s>> {
    let thread = e.thread?;
    let (uid, gid, login) = (thread.uid, thread.gid, thread.login_uid);
    Some(match field {
        id::USER_UID => Value::Uint(uid.into()),
        id::USER_NAME => Value::text(named(e, uid, |user| &user.name, b"root")),
        id::USER_HOMEDIR => Value::text(named(e, uid, |user| &user.home, b"/root")),
        id::USER_SHELL => Value::text(named(e, uid, |user| &user.shell, UNNAMED)),
        id::USER_LOGINUID => Value::Int(if login == u32::MAX { -1 } else { login.into() }),
        id::USER_LOGINNAME => Value::text(named(e, login, |user| &user.name, b"root")),
        id::GROUP_GID => Value::Uint(gid.into()),
        id::GROUP_NAME => {
            let known = e.replayer.names.group(e.container_id(), gid);
            Value::text(known.unwrap_or(if gid == 0 { b"root" } else { UNNAMED }))
        }
        _ => return None,
    })
}

/// A part of a user's line; `root_default` for user 0 where no list names it.
fn named<'s>(
    e: &'s Replayed<'_>,
    uid: u32,
    part: impl Fn(&'s User) -> &'s [u8],
    root_default: &'static [u8],
) -> &'s [u8] {
    match e.replayer.names.user(e.container_id(), uid) {
        Some(user) => part(user),
        None if uid == 0 => root_default,
        None => UNNAMED,
    }
}
