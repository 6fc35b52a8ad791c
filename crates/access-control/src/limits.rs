//! Bounds of this crate, each with its reason.

/// Users in one file: a team, not a directory service. Looked up by linear search.
pub const USERS_MAX: usize = 256;
/// Tokens in one file: one per sensor or client.
pub const TOKENS_MAX: usize = 1_024;
/// Sessions at once; the oldest goes first. 32 for each of 32 people.
pub const SESSIONS_MAX: usize = 1_024;
/// Sessions of one user; the oldest goes first, so that a stolen password cannot push out others.
pub const SESSIONS_PER_USER_MAX: usize = 32;
/// A session ends this long after the login, used or not.
pub const SESSION_LIFETIME_S: u64 = 7 * 24 * 3600;
/// Bytes of `users.json` and `sessions.json` that are read: full files stay well below.
pub const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Characters of a user's or token's name.
pub const NAME_CHARS_MAX: usize = 64;
/// Shortest password, in characters.
pub const PASSWORD_CHARS_MIN: usize = 10;
/// Longest password, in bytes: argon2 reads all of it before it is slow.
pub const PASSWORD_BYTES_MAX: usize = 1_024;
/// Longest credential looked at, in bytes (header, URL token or cookie).
pub const CREDENTIAL_BYTES_MAX: usize = 4_096;
/// Verified Basic credentials remembered, so that each request does not cost an argon2.
pub const VERIFIED_MAX: usize = 512;
/// How long one is remembered.
pub const VERIFIED_LIFETIME_MS: u64 = 3_600_000;
/// argon2 runs at once: each takes 19 MiB and a core.
pub const HASHES_AT_ONCE_MAX: usize = 2;
/// Addresses and user names whose failures are remembered; the longest unseen goes first.
pub const THROTTLED_MAX: usize = 4_096;
/// Failures of one address before it must wait. With the doubling waits after them a stranger has
/// ten guesses in the first minute and two in each further one.
pub const ADDRESS_FAILURES_FREE: u32 = 5;
/// Failures of one user name, from anywhere, before it must wait: higher, because a stranger can
/// cause it.
pub const USER_FAILURES_FREE: u32 = 20;
/// The wait doubles with each failure up to this. Short, so that nobody is locked out for long.
pub const THROTTLE_WAIT_MS_MAX: u64 = 30_000;
/// Failures are forgotten after this long without another.
pub const THROTTLE_MEMORY_MS: u64 = 15 * 60_000;
/// Wrong tries after which the one-time code is void: 60 random bits against 10 guesses.
pub const SETUP_TRIES_MAX: u32 = 10;
/// The one-time code is void after this long; a restart prints a new one.
pub const SETUP_LIFETIME_MS: u64 = 24 * 3_600_000;
/// How often the user file is looked at for changes by another process. A credential that fails
/// looks at once.
pub const RELOAD_INTERVAL_MS: u64 = 500;

/// Highest bcrypt cost in an htpasswd list: each step doubles the time, 14 takes about a second.
pub const BCRYPT_COST_MAX: u32 = 14;

const _: () = assert!(SESSIONS_PER_USER_MAX <= SESSIONS_MAX);
const _: () = assert!(PASSWORD_CHARS_MIN * 4 <= PASSWORD_BYTES_MAX);
const _: () = assert!(PASSWORD_BYTES_MAX * 4 / 3 < CREDENTIAL_BYTES_MAX);
