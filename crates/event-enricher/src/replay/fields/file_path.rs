//! `fs.path.*`: the paths that a call names, when it succeeded.

use event::{FieldId, Value, event_code as code, field_id as id};

use super::values::owned;
use crate::replay::{
    Replayed,
    args::{Args, until_nul},
    files::AT_FDCWD,
    paths::{concatenate, sanitized},
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
    let name = match (field, paths) {
        (id::FS_PATH_NAME | id::FS_PATH_NAMERAW, Paths::One(name)) => name,
        (id::FS_PATH_NAME | id::FS_PATH_NAMERAW, Paths::Descriptor) => {
            return Some(owned(sanitized(e.fd?.name())));
        }
        (id::FS_PATH_SOURCE | id::FS_PATH_SOURCERAW, Paths::Two(source, _)) => source,
        (id::FS_PATH_TARGET | id::FS_PATH_TARGETRAW, Paths::Two(_, target)) => target,
        _ => return None,
    };
    let path = param(e, name)?;
    let is_raw = matches!(field, id::FS_PATH_NAMERAW | id::FS_PATH_SOURCERAW | id::FS_PATH_TARGETRAW);
    if is_raw || path.first() == Some(&b'/') {
        return Some(owned(path));
    }
    e.slot?;
    if is_open {
        // The descriptor has the whole path; one that was not made has none.
        return Some(owned(e.fd.map_or(b"<UNKNOWN>".to_vec(), |fd| sanitized(fd.name()))));
    }
    let definition = e.event.definition()?;
    let param = definition.params.iter().find(|param| param.name == name)?;
    let directory = param.relative_to_param.map(|index| args.i64(usize::from(index)));
    let base = e.replayer.base_directory(e.slot, &path, directory.unwrap_or(AT_FDCWD));
    Some(owned(concatenate(&base, &path)))
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
