//! [`Access`]: the loaded users, sessions and counters, and how they are kept fresh.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use parking_lot::{Mutex, RwLock};

use crate::{
    AccessError,
    audit::AuditSink,
    limits,
    session::Sessions,
    setup_code::SetupCode,
    throttle::Throttle,
    user_file::{self, Stamp, UserFile},
    verified::Verified,
};

/// The door shared by all listeners. Cheap to clone; clones share.
#[derive(Clone)]
pub struct Access(pub(crate) Option<Arc<Inner>>);

pub(crate) struct Inner {
    pub(crate) dir: PathBuf,
    pub(crate) clock: Box<dyn Fn() -> u64 + Send + Sync>,
    pub(crate) users: RwLock<(UserFile, Stamp)>,
    pub(crate) sessions: Mutex<Sessions>,
    pub(crate) throttle: Mutex<Throttle>,
    pub(crate) verified: Mutex<Verified>,
    pub(crate) setup_code: Mutex<Option<SetupCode>>,
    /// argon2 runs going on.
    pub(crate) hashing: AtomicUsize,
    pub(crate) audit: OnceLock<AuditSink>,
    looked_at_ms: AtomicU64,
}

impl Access {
    /// Reads (or prepares) the folder; an absent file means no users yet.
    ///
    /// # Errors
    /// When the folder cannot be made, or `users.json` cannot be read.
    pub fn open(dir: &Path) -> Result<Access, AccessError> {
        Self::open_with_clock(dir, Box::new(unix_now_ms))
    }

    /// Everybody is an admin: for tests, and for who configured it so.
    pub fn off() -> Access {
        Access(None)
    }

    /// Whether everybody may do everything.
    pub fn is_off(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn open_with_clock(
        dir: &Path,
        clock: Box<dyn Fn() -> u64 + Send + Sync>,
    ) -> Result<Access, AccessError> {
        user_file::make_dir(dir)?;
        let users = UserFile::load(dir)?;
        let now_ms = clock();
        Ok(Access(Some(Arc::new(Inner {
            dir: dir.to_owned(),
            users: RwLock::new(users),
            sessions: Mutex::new(Sessions::load(dir, now_ms / 1000)),
            throttle: Mutex::default(),
            verified: Mutex::new(Verified::new()),
            setup_code: Mutex::default(),
            hashing: AtomicUsize::new(0),
            audit: OnceLock::new(),
            looked_at_ms: AtomicU64::new(now_ms),
            clock,
        }))))
    }
}

impl Inner {
    pub(crate) fn now_ms(&self) -> u64 {
        (self.clock)()
    }

    pub(crate) fn now_s(&self) -> u64 {
        self.now_ms() / 1000
    }

    /// Looks at the file's stamp now and then, so that requests do not each cost a stat.
    pub(crate) fn refresh_sometimes(&self) {
        let (now, before) = (self.now_ms(), self.looked_at_ms.load(Ordering::Relaxed));
        if now.abs_diff(before) >= limits::RELOAD_INTERVAL_MS {
            self.refresh();
        }
    }

    /// Loads the file again if another process changed it; returns whether it had changed.
    /// A file that cannot be read keeps the users as they were.
    pub(crate) fn refresh(&self) -> bool {
        self.looked_at_ms.store(self.now_ms(), Ordering::Relaxed);
        if Stamp::of_users(&self.dir) == self.users.read().1 {
            return false;
        }
        match UserFile::load(&self.dir) {
            Ok(loaded) => {
                self.replace(loaded);
                true
            }
            Err(error) => {
                tracing::error!(%error, "the users stay as they were");
                false
            }
        }
    }

    /// Changes the file and what is loaded.
    pub(crate) fn update(
        &self,
        change: impl FnOnce(&mut UserFile) -> Result<(), AccessError>,
    ) -> Result<(), AccessError> {
        let changed = UserFile::update(&self.dir, change)?;
        self.replace(changed);
        Ok(())
    }

    fn replace(&self, loaded: (UserFile, Stamp)) {
        let new = loaded.0.clone();
        let (old, _) = std::mem::replace(&mut *self.users.write(), loaded);
        self.note_changes(&old, &new);
    }
}

impl fmt::Debug for Access {
    /// Prints no secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("Access(off)"),
            Some(inner) => write!(f, "Access({})", inner.dir.display()),
        }
    }
}

fn unix_now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
