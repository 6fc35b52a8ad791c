//! OpenTelemetry's logs: `POST /otlp/v1/logs` in protobuf and JSON, mapped to streams, entries and
//! structured metadata as Loki does by default.

mod convert;
mod handler;
mod json;
mod model;
mod proto;
mod status;

pub(crate) use convert::index_labels;
pub(crate) use handler::push;
