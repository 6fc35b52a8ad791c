//! Bounds of this crate, each with its reason.

/// Certificate files in the configuration: a person's domains.
pub const GIVEN_MAX: usize = 256;
/// Bytes of one certificate or key file: chains are some kilobytes.
pub const FILE_BYTES_MAX: u64 = 1 << 20;
/// Names that are served by the local authority at once; as many as routes.
pub const NAMES_MAX: usize = 4_096;
/// Own addresses in the default certificate: a host with more is a router.
pub const ADDRESSES_MAX: usize = 64;
/// How long an issued certificate holds, in days. Below the 397 that browsers accept, and short:
/// it is renewed by itself.
pub const LEAF_DAYS: i64 = 90;
/// Days before its end at which a certificate is issued anew, or a given one is warned about.
pub const RENEW_DAYS: i64 = 30;
/// How long the authority holds, in days: who trusted it once does not want to do it again.
pub const AUTHORITY_DAYS: i64 = 3_650;
/// How far certificates reach back, for clients whose clock is late, in days.
pub const BACKDATED_DAYS: i64 = 2;

const _: () = assert!(LEAF_DAYS + BACKDATED_DAYS < 397);
const _: () = assert!(RENEW_DAYS < LEAF_DAYS);
