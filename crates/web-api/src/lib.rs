//! The page's API under `/api/`, and the page itself.
//!
//! Sits at the end of the flow, `stored -> seen`: reads alerts back from the store through
//! [`log_record::LogReader`], follows new ones live, and shows what [`HealthSource`] says. Knows no
//! store, no router and no sensor.
//!
//! Invariants: nothing but the page's files, `/ready`, `/api/session`, `/api/login` and
//! `/api/setup` answers without a session or credentials; nothing changes state on a request from
//! another origin; no answer is without the security headers.

#![forbid(unsafe_code)]

mod alerts;
mod answer;
mod filter;
mod guard;
mod health;
pub mod limits;
mod live;
mod page;
mod parameters;
mod routes;
mod scan;
mod sessions;
mod shape;
mod state;
mod summary;

pub use routes::http;
pub use state::{HealthSource, LiveAlerts, WebApi};
