//! The rule grammar of Traefik v3: from text to an expression that is matched against requests.
//!
//! Sits between a route's configuration and the route table. Knows neither routes nor
//! middlewares.

mod error;
mod expression;
mod lexer;
mod matcher;
mod parser;
#[cfg(test)]
mod tests;
mod view;

pub use error::RuleError;
pub use expression::{Hosts, Rule};
pub use view::{RequestView, decode_for_matching};
