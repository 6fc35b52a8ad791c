//! What a request must be like before anything else looks at it, and what is made of it.
//!
//! First after the wire: everything behind may rely on one host, one path in normal form, and
//! headers that were either set by us or mean nothing special.

mod check;
mod forwarded;
mod hop;
mod path;

pub(crate) use check::{Checked, Refusal, check};
pub(crate) use forwarded::{Trusted, client_address, is_alias_of, strip_foreign};
pub(crate) use hop::{is_websocket, strip_hop_by_hop, strip_response};
pub(crate) use path::{PathForm, encoded_delicate, normal_path, set_path};
