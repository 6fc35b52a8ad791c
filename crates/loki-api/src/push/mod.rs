//! `push`: bodies of senders, decoded, checked, and handed to the store in one batch.

mod body;
mod handler;
mod json_body;
mod level;
mod proto_body;
mod service_name;
mod validate;

pub(crate) use handler::push;

/// A stream as it was sent.
#[derive(Debug, Default, PartialEq)]
struct SentStream {
    labels: Vec<(String, String)>,
    entries: Vec<log_record::Entry>,
}
