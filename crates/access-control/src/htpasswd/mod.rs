//! Users of an htpasswd list, as Traefik's `basicAuth` takes them: bcrypt, apr1, MD5-crypt and
//! SHA1.
//!
//! Beside our own users, for routes to containers that bring their own list. Knows no HTTP but
//! the `Authorization` header's value.

mod guard;
mod hash;
mod list;
mod md5_crypt;

pub use guard::PasswordGuard;
pub use list::{Htpasswd, LineProblem};
