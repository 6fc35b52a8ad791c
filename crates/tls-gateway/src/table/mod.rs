//! The route table: made from a configuration as a whole, never changed, swapped as a whole.

mod build;
mod lookup;
mod middlewares;
mod names;
mod route;
mod routers;
mod services;
#[cfg(test)]
mod tests;

pub use build::{EntryPointNames, InternalRoute, Plan, Reach};
pub use lookup::Table;
pub(crate) use route::Route;
