//! `users.json`: users and tokens on disk.
//!
//! Two processes change it: the hub (first admin) and the command line. Every change is read,
//! modify, rename into place under an exclusive lock on `users.lock`, so neither loses the
//! other's. Mode 0600; the owner is the folder's owner, so that what root's command line writes
//! stays readable to the unprivileged hub.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{AccessError, Role, limits};

/// The form of the file. A reader refuses a version it does not know.
const VERSION: u32 = 1;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserFile {
    pub(crate) version: u32,
    pub(crate) users: Vec<User>,
    pub(crate) tokens: Vec<Token>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) role: Role,
    /// PHC string.
    pub(crate) password_hash: String,
    pub(crate) created_unix_s: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Token {
    pub(crate) name: String,
    pub(crate) role: Role,
    /// Hex.
    pub(crate) sha256: String,
    pub(crate) created_unix_s: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires_unix_s: Option<u64>,
}

impl Default for UserFile {
    fn default() -> Self {
        UserFile { version: VERSION, users: Vec::new(), tokens: Vec::new() }
    }
}

impl UserFile {
    pub(crate) fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|user| user.name == name)
    }

    /// An absent file is an empty one.
    pub(crate) fn load(dir: &Path) -> Result<(UserFile, Stamp), AccessError> {
        let path = users_path(dir);
        let Some((file, stamp)) = read_json::<UserFile>(&path)? else {
            return Ok((UserFile::default(), Stamp::default()));
        };
        if file.version != VERSION {
            return Err(AccessError::Damaged { path, reason: format!("version {}", file.version) });
        }
        Ok((file, stamp))
    }

    /// Changes the file under the lock; nothing is written when `change` fails.
    pub(crate) fn update(
        dir: &Path,
        change: impl FnOnce(&mut UserFile) -> Result<(), AccessError>,
    ) -> Result<(UserFile, Stamp), AccessError> {
        let _lock = lock(dir)?;
        let (mut file, _) = UserFile::load(dir)?;
        change(&mut file)?;
        write_json(&users_path(dir), &file)?;
        let (_, stamp) = UserFile::load(dir)?;
        Ok((file, stamp))
    }
}

/// Tells one state of a file from another: a rename changes the inode.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Stamp {
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl Stamp {
    pub(crate) fn of_users(dir: &Path) -> Stamp {
        fs::metadata(users_path(dir)).map(|data| Stamp::of(&data)).unwrap_or_default()
    }

    fn of(data: &fs::Metadata) -> Stamp {
        Stamp { inode: data.ino(), size: data.size(), modified: (data.mtime(), data.mtime_nsec()) }
    }
}

fn users_path(dir: &Path) -> PathBuf {
    dir.join("users.json")
}

/// Makes the folder, 0700, if it is not there.
pub(crate) fn make_dir(dir: &Path) -> Result<(), AccessError> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(io("creating", dir))
}

/// Reads one JSON file; `None` when there is none.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<(T, Stamp)>, AccessError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(io("opening", path))?,
    };
    let stamp = Stamp::of(&file.metadata().map_err(io("reading", path))?);
    let mut bytes = Vec::new();
    file.take(limits::FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(io("reading", path))?;
    match serde_json::from_slice(&bytes) {
        Ok(value) => Ok(Some((value, stamp))),
        Err(error) => Err(AccessError::Damaged { path: path.to_owned(), reason: error.to_string() }),
    }
}

/// Writes beside, syncs, renames, syncs the folder.
pub(crate) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), AccessError> {
    let beside = path.with_extension(format!("json.{}.new", std::process::id()));
    let dir = path.parent().unwrap_or(Path::new("/"));
    let text = serde_json::to_vec_pretty(value)
        .map_err(|error| AccessError::Damaged { path: path.to_owned(), reason: error.to_string() })?;
    // A leftover of a killed process may have another owner or mode.
    let _ = fs::remove_file(&beside);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)
        .map_err(io("creating", &beside))?;
    let written =
        file.write_all(&text).and_then(|()| give_to_owner_of(dir, &file)).and_then(|()| file.sync_all());
    if let Err(error) = written {
        let _ = fs::remove_file(&beside);
        return Err(io("writing", &beside)(error));
    }
    fs::rename(&beside, path).map_err(io("replacing", path))?;
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(io("syncing", dir))
}

/// Held while the file is changed; the kernel lets go when it is closed.
fn lock(dir: &Path) -> Result<File, AccessError> {
    let path = dir.join("users.lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(io("opening", &path))?;
    give_to_owner_of(dir, &file).map_err(io("changing the owner of", &path))?;
    rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive)
        .map_err(|error| io("locking", &path)(error.into()))?;
    Ok(file)
}

fn give_to_owner_of(dir: &Path, file: &File) -> std::io::Result<()> {
    let (wanted, current) = (fs::metadata(dir)?, file.metadata()?);
    if (wanted.uid(), wanted.gid()) == (current.uid(), current.gid()) || !rustix::process::geteuid().is_root()
    {
        return Ok(());
    }
    std::os::unix::fs::fchown(file, Some(wanted.uid()), Some(wanted.gid()))
}

fn io<'p>(action: &'static str, path: &'p Path) -> impl Fn(std::io::Error) -> AccessError + use<'p> {
    move |source| AccessError::Io { action, path: path.to_owned(), source }
}
