//! Captures through state and rules: what `quaywatch replay` and `quaywatch bench replay` do.

mod alerts;
mod cost;
mod filters;
mod recording;
mod rows;

pub(crate) use alerts::{Alerts, print_alerts};
pub(crate) use cost::measure;
pub(crate) use filters::count_filters;
pub(crate) use recording::{Next, Recording, Visit};
pub(crate) use rows::{Chosen, print_rows};
