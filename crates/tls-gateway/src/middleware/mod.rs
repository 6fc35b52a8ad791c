//! Middlewares: one file each, one line each in [`build`].
//!
//! Between the route table and the service. Each sees a request that passed the first checks and
//! may answer it, change it, or change the answer.

mod add_prefix;
mod basic_auth;
mod buffering;
mod build;
mod compress;
mod digest_auth;
mod encoded_characters;
mod errors;
mod forward_auth;
mod headers;
mod in_flight_req;
mod ip_allow_list;
mod layer;
mod rate_limit;
mod redirect_regex;
mod redirect_scheme;
mod replace_path;
mod replace_path_regex;
mod retry;
mod source;
mod strip_prefix;
mod strip_prefix_regex;
mod users;

pub(crate) use build::{Built, Workshop, build};
pub(crate) use layer::{Answer, Layer, Next};
pub(crate) use redirect_regex::redirect;
pub(crate) use redirect_scheme::other_scheme;
pub use users::UserRight;
pub(crate) use users::Users;
