//! Names of users and groups: `/etc/passwd` and `/etc/group` of the host and of each container,
//! read by ourselves (a static binary has no name service).
//!
//! A container writes its own files, so they are bounded, parsed leniently, and opened with
//! `RESOLVE_IN_ROOT`: a link in a container never leads out of it.

use std::{
    collections::HashMap,
    fs::File,
    io::Read as _,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use container_runtimes::ContainerId;
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, Stat, fstat, openat, openat2};

use crate::limits::{USER_FILE_BYTES_MAX, USER_LIST_CHECK_EVERY, USER_LISTS_MAX, USERS_MAX};

/// One line of passwd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: Box<[u8]>,
    pub(crate) home: Box<[u8]>,
    pub(crate) shell: Box<[u8]>,
}

/// Users and groups of one root.
#[derive(Debug, Default)]
pub(crate) struct UserList {
    users: HashMap<u32, User>,
    groups: HashMap<u32, Box<[u8]>>,
}

impl UserList {
    pub(crate) fn user(&self, uid: u32) -> Option<&User> {
        self.users.get(&uid)
    }

    pub(crate) fn group(&self, gid: u32) -> Option<&[u8]> {
        self.groups.get(&gid).map(|name| &**name)
    }

    fn parse(passwd: &[u8], group: &[u8]) -> UserList {
        let mut list = UserList::default();
        for line in passwd.split(|byte| *byte == b'\n').take(USERS_MAX) {
            let mut fields = line.split(|byte| *byte == b':');
            let (Some(name), Some(_), Some(uid)) = (fields.next(), fields.next(), fields.next()) else {
                continue;
            };
            let Some(uid) = parse_id(uid).filter(|_| !name.is_empty()) else { continue };
            let mut behind = fields.skip(2);
            let (home, shell) = (behind.next().unwrap_or_default(), behind.next().unwrap_or_default());
            let user = User { name: name.into(), home: home.into(), shell: shell.into() };
            // The first line of an id wins, as in getpwuid.
            list.users.entry(uid).or_insert(user);
        }
        for line in group.split(|byte| *byte == b'\n').take(USERS_MAX) {
            let mut fields = line.split(|byte| *byte == b':');
            let (Some(name), Some(_), Some(gid)) = (fields.next(), fields.next(), fields.next()) else {
                continue;
            };
            if let Some(gid) = parse_id(gid).filter(|_| !name.is_empty()) {
                list.groups.entry(gid).or_insert_with(|| name.into());
            }
        }
        list
    }
}

fn parse_id(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}

/// User lists by whose they are: `None` is the host's.
#[derive(Debug, Default)]
pub(crate) struct UserLists(HashMap<Option<ContainerId>, Remembered>);

#[derive(Debug)]
struct Remembered {
    list: Arc<UserList>,
    checked: Instant,
    files: [Fingerprint; 2],
}

/// Changes whenever a file does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Fingerprint {
    inode: u64,
    size: i64,
    mtime: (i64, i64),
    ctime: (i64, i64),
}

impl UserLists {
    /// The list of a container, or of the host, read through `root` when it is not remembered or
    /// its files changed. `None`: `root` is not reachable (its process ended).
    pub(crate) fn get(
        &mut self,
        whose: Option<&ContainerId>,
        root: impl FnOnce() -> PathBuf,
        now: Instant,
    ) -> Option<Arc<UserList>> {
        let key = whose.cloned();
        if let Some(known) = self.0.get(&key)
            && now.duration_since(known.checked) < USER_LIST_CHECK_EVERY
        {
            return Some(Arc::clone(&known.list));
        }
        let Some(root) = open_root(&root()) else {
            // What was known of the container still holds.
            return self.0.get(&key).map(|known| Arc::clone(&known.list));
        };
        let passwd = open_in(&root, "etc/passwd");
        let group = open_in(&root, "etc/group");
        let files = [fingerprint(passwd.as_ref()), fingerprint(group.as_ref())];
        if let Some(known) = self.0.get_mut(&key)
            && known.files == files
        {
            known.checked = now;
            return Some(Arc::clone(&known.list));
        }
        let list = Arc::new(UserList::parse(&read(passwd), &read(group)));
        if self.0.len() >= USER_LISTS_MAX {
            self.0.retain(|whose, _| whose.is_none());
        }
        self.0.insert(key, Remembered { list: Arc::clone(&list), checked: now, files });
        Some(list)
    }
}

fn open_root(path: &Path) -> Option<OwnedFd> {
    openat(CWD, path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).ok()
}

/// Opens a regular file below `root`; links and `..` stay within it.
fn open_in(root: &OwnedFd, path: &str) -> Option<(OwnedFd, Stat)> {
    // Not blocking: a container may put a pipe there.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    let file = openat2(root, path, flags, Mode::empty(), resolve).ok()?;
    let stat = fstat(&file).ok()?;
    rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file().then_some((file, stat))
}

fn fingerprint(file: Option<&(OwnedFd, Stat)>) -> Fingerprint {
    let Some((_, stat)) = file else { return Fingerprint::default() };
    Fingerprint {
        inode: stat.st_ino,
        size: stat.st_size,
        mtime: (stat.st_mtime, i64::try_from(stat.st_mtime_nsec).unwrap_or(0)),
        ctime: (stat.st_ctime, i64::try_from(stat.st_ctime_nsec).unwrap_or(0)),
    }
}

fn read(file: Option<(OwnedFd, Stat)>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some((file, _)) = file {
        let bytes_max = u64::try_from(USER_FILE_BYTES_MAX).unwrap_or(u64::MAX);
        // Whatever could be read counts: an error half-way leaves the first half.
        let _ = File::from(file).take(bytes_max).read_to_end(&mut bytes);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_read_leniently() {
        let passwd = b"root:x:0:0:root:/root:/bin/bash\ntoor:x:0:0::/:/bin/sh\nshort:x:5\nbad:x:y:0:::\n\n:x:9:9:::\n\xff:x:7:7::/h:\n";
        let group = b"root:x:0:\nwheel:x:10:a,b\nbroken\n";
        let list = UserList::parse(passwd, group);
        assert_eq!(&*list.user(0).unwrap().name, b"root");
        assert_eq!(&*list.user(0).unwrap().shell, b"/bin/bash");
        assert_eq!(&*list.user(5).unwrap().home, b"");
        assert_eq!(&*list.user(7).unwrap().name, b"\xff");
        assert_eq!((list.users.len(), list.user(9)), (3, None));
        assert_eq!((list.group(10), list.group(1)), (Some(&b"wheel"[..]), None));
    }

    #[test]
    fn a_containers_links_stay_within_it() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "thief:x:1:1::/:\n").unwrap();
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("etc")).unwrap();
        fs::write(root.path().join("passwd"), "inside:x:1:1::/:\n").unwrap();
        let passwd = root.path().join("etc/passwd");
        let name = |lists: &mut UserLists| {
            let list = lists.get(None, || root.path().to_owned(), Instant::now()).unwrap();
            list.user(1).map(|user| String::from_utf8_lossy(&user.name).into_owned())
        };
        symlink(outside.path().join("secret"), &passwd).unwrap();
        assert_eq!(name(&mut UserLists::default()), None);
        fs::remove_file(&passwd).unwrap();
        symlink("/passwd", &passwd).unwrap();
        assert_eq!(name(&mut UserLists::default()).as_deref(), Some("inside"));
    }

    #[test]
    fn a_changed_file_is_read_again_and_a_lost_root_is_not_forgotten() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("etc")).unwrap();
        let passwd = root.path().join("etc/passwd");
        let mut lists = UserLists::default();
        let start = Instant::now();
        let mut name = |after: u32, root: &Path| {
            let list = lists.get(None, || root.to_owned(), start + USER_LIST_CHECK_EVERY * after)?;
            list.user(1).map(|user| String::from_utf8_lossy(&user.name).into_owned())
        };
        fs::write(&passwd, "one:x:1:1::/:\n").unwrap();
        assert_eq!(name(0, root.path()).as_deref(), Some("one"));
        fs::write(&passwd, "second:x:1:1::/:\n").unwrap();
        assert_eq!(name(0, root.path()).as_deref(), Some("one"));
        assert_eq!(name(2, root.path()).as_deref(), Some("second"));
        assert_eq!(name(4, Path::new("/nonexistent")).as_deref(), Some("second"));
    }

    proptest! {
        #[test]
        fn any_file_is_survived(passwd in proptest::collection::vec(any::<u8>(), 0..300), lines in "([a-z:0-9\n]|:x:){0,60}") {
            UserList::parse(&passwd, &passwd);
            UserList::parse(lines.as_bytes(), lines.as_bytes());
        }
    }
}
