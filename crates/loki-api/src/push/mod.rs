//! `push`: bodies of senders, decoded, checked, and handed to the store in one batch.

mod body;
mod handler;
mod json_body;
mod lateness;
mod level;
mod otlp;
mod proto_body;
mod service_name;
mod validate;

pub(crate) use handler::push;
pub(crate) use lateness::Newest;
pub(crate) use level::fields as level_fields;
pub(crate) use otlp::{index_labels as otlp_index_labels, push as push_otlp};
pub(crate) use service_name::sources as service_name_sources;

/// A stream as it was sent.
#[derive(Debug, Default, PartialEq)]
struct SentStream {
    labels: Vec<(String, String)>,
    entries: Vec<log_record::Entry>,
}
