//! `user.*` and `group.*`: who the caller acts as.

use event::{FieldId, Value, field_id as id};

use crate::{Enriched, users::User};

/// Falco's word for an id without a name. It is a value, not a missing one: `user.name != root`
/// holds for it, which is what a rule about an unnamed user wants.
const UNNAMED: &[u8] = b"<NA>";

pub(super) fn extract<'s>(e: &'s Enriched<'_>, field: FieldId) -> Option<Value<'s>> {
    let process = e.process?;
    let uid = process.uid;
    Some(match field {
        id::USER_UID => Value::Uint(uid?.into()),
        id::USER_NAME => Value::text(named(e, uid?, |user| &user.name, b"root")),
        id::USER_HOMEDIR => Value::text(named(e, uid?, |user| &user.home, b"/root")),
        id::USER_SHELL => Value::text(named(e, uid?, |user| &user.shell, UNNAMED)),
        // Unset is -1.
        id::USER_LOGINUID => Value::Int(match process.loginuid? {
            u32::MAX => -1,
            uid => uid.into(),
        }),
        id::USER_LOGINNAME => match process.loginuid? {
            u32::MAX => Value::text(UNNAMED),
            uid => Value::text(named(e, uid, |user| &user.name, b"root")),
        },
        id::GROUP_GID => Value::Uint(process.gid?.into()),
        id::GROUP_NAME => {
            let gid = process.gid?;
            let known = e.users().and_then(|users| users.group(gid));
            Value::text(known.unwrap_or(if gid == 0 { b"root" } else { UNNAMED }))
        }
        _ => return None,
    })
}

/// A part of a user's line; `root_default` for user 0 where no list names it (an image from
/// scratch has none).
fn named<'s>(
    e: &'s Enriched<'_>,
    uid: u32,
    part: impl Fn(&'s User) -> &'s [u8],
    root_default: &'static [u8],
) -> &'s [u8] {
    match e.users().and_then(|users| users.user(uid)) {
        Some(user) => part(user),
        None if uid == 0 => root_default,
        None => UNNAMED,
    }
}
