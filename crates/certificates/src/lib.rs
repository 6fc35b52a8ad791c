//! Which certificate a name gets: one that was given as a file, or one that the local authority
//! of this installation issues.
//!
//! Beside the gateway: it asks through rustls' resolver trait and is told neither where a
//! certificate came from nor that another will come. Knows no route and no request.
//!
//! Invariant: a name that nobody asked Quaywatch to serve is never signed for: a stranger's
//! handshake costs no key and fills no memory.

#![forbid(unsafe_code)]

mod authority;
mod config;
mod error;
mod given;
pub mod limits;
mod names;
mod private_file;
mod resolver;
mod store;

pub use authority::LocalAuthority;
pub use config::{CertificateFiles, Config};
pub use error::CertificateError;
pub use names::own_names;
pub use resolver::Resolver;
pub use store::{Certificates, Served};
