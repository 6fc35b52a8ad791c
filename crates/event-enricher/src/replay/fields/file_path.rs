//! `fs.path.*`: the paths that a call names, when it succeeded.

use event::{FieldId, Value, event_code as code, field_id as id};

use super::values::owned;
use crate::replay::{
    Replayed,
    args::{Args, until_nul},
    paths::without_controls,
};

/// Where a call's paths stand.
enum Paths {
    /// One parameter.
    One(&'static str),
    /// The name of the descriptor.
    Descriptor,
    /// Source and target.
    Two(&'static str, &'static str),
}

pub(super) fn extract<'s>(e: &'s Replayed<'_>, field: FieldId) -> Option<Value<'s>> {
    let paths = paths(e)?;
    let args = Args::of(e.event);
    let is_open =
        matches!(e.event.code, code::SYSCALL_OPEN_X | code::SYSCALL_OPENAT_2_X | code::SYSCALL_OPENAT2_X);
    let succeeded = if is_open { args.i64(0) != -1 } else { args.i64(0) == 0 };
    if !succeeded {
        return None;
    }
    let path = match (field, paths) {
        (id::FS_PATH_NAME | id::FS_PATH_NAMERAW, Paths::One(name)) => param(e, name)?,
        (id::FS_PATH_NAME | id::FS_PATH_NAMERAW, Paths::Descriptor) => without_controls(e.fd?.name()),
        (id::FS_PATH_SOURCE | id::FS_PATH_SOURCERAW, Paths::Two(source, _)) => param(e, source)?,
        (id::FS_PATH_TARGET | id::FS_PATH_TARGETRAW, Paths::Two(_, target)) => param(e, target)?,
        _ => return None,
    };
    let is_raw = matches!(field, id::FS_PATH_NAMERAW | id::FS_PATH_SOURCERAW | id::FS_PATH_TARGETRAW);
    if is_raw || path.first() == Some(&b'/') {
        return Some(owned(path));
    }
    let directory = e.directory()?;
    Some(owned(normal(&[directory, &path].concat())))
}

fn paths(e: &Replayed<'_>) -> Option<Paths> {
    Some(match e.event.code {
        code::SYSCALL_MKDIR_2_X
        | code::SYSCALL_MKDIRAT_X
        | code::SYSCALL_RMDIR_2_X
        | code::SYSCALL_UNLINK_2_X
        | code::SYSCALL_CHOWN_X
        | code::SYSCALL_LCHOWN_X => Paths::One("path"),
        code::SYSCALL_UNLINKAT_2_X
        | code::SYSCALL_OPEN_X
        | code::SYSCALL_OPENAT_2_X
        | code::SYSCALL_OPENAT2_X
        | code::SYSCALL_UMOUNT_1_X
        | code::SYSCALL_UMOUNT2_X => Paths::One("name"),
        code::SYSCALL_FCHMODAT_X | code::SYSCALL_CHMOD_X => Paths::One("filename"),
        code::SYSCALL_FCHOWNAT_X => Paths::One("pathname"),
        code::SYSCALL_QUOTACTL_X => Paths::One("special"),
        code::SYSCALL_FCHMOD_X | code::SYSCALL_FCHOWN_X => Paths::Descriptor,
        code::SYSCALL_RENAME_X | code::SYSCALL_RENAMEAT_X | code::SYSCALL_RENAMEAT2_X => {
            Paths::Two("oldpath", "newpath")
        }
        // libsinsp calls the new name of a link its source.
        code::SYSCALL_LINK_2_X | code::SYSCALL_LINKAT_2_X => Paths::Two("newpath", "oldpath"),
        code::SYSCALL_SYMLINK_X | code::SYSCALL_SYMLINKAT_X => Paths::Two("linkpath", "target"),
        code::SYSCALL_MOUNT_X => Paths::Two("dev", "dir"),
        _ => return None,
    })
}

fn param(e: &Replayed<'_>, name: &str) -> Option<Vec<u8>> {
    let bytes = e.event.param(name)?;
    Some(if bytes.is_empty() { b"<NA>".to_vec() } else { until_nul(bytes).to_vec() })
}

/// Without `.`, `..` and doubled slashes; a slash at the end stays.
fn normal(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    for component in path.split(|byte| *byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." => {
                kept.pop();
            }
            component => kept.push(component),
        }
    }
    let mut out = vec![b'/'];
    out.extend(kept.join(&b'/'));
    let ends_in_directory = path.ends_with(b"/") || path.ends_with(b"/.") || path.ends_with(b"/..");
    if ends_in_directory && out.len() > 1 {
        out.push(b'/');
    }
    out
}
