//! One route, ready to be taken.

use std::{fmt, sync::Arc};

use crate::{dynamic::Origin, middleware::Layer, rule::Rule, upstream::ServiceHandle};

/// A rule, the middlewares behind it and the service at the end.
pub struct Route {
    /// `loki@docker`, as Traefik names it.
    pub(crate) name: Arc<str>,
    pub(crate) rule: Rule,
    pub(crate) priority: i64,
    pub(crate) origin: Origin,
    pub(crate) layers: Vec<Arc<dyn Layer>>,
    pub(crate) service: ServiceHandle,
    /// Encoded characters of the path that are let through; see `encoded_delicate`.
    pub(crate) allowed_encodings: u8,
}

impl Route {
    pub(crate) fn new(
        name: String,
        rule: Rule,
        priority: i64,
        origin: Origin,
        layers: Vec<Arc<dyn Layer>>,
        service: ServiceHandle,
    ) -> Route {
        // Where somebody must prove something to pass, a path that the guard and the server could
        // read differently is refused; elsewhere applications need such paths.
        let guarded = service.is_local() || layers.iter().any(|layer| layer.is_guard());
        let chosen = layers.iter().filter_map(|layer| layer.allowed_encodings()).reduce(|a, b| a & b);
        let allowed_encodings = chosen.unwrap_or(if guarded { HARMLESS } else { u8::MAX });
        Route { name: Arc::from(name), rule, priority, origin, layers, service, allowed_encodings }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its rule, as written.
    pub fn rule(&self) -> &str {
        self.rule.text()
    }

    /// The name of its service.
    pub fn service_name(&self) -> &str {
        self.service.name()
    }
}

/// `%3B %25 %3F %23`: everything but the separators of paths.
const HARMLESS: u8 = 0b11_1100;

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} -> {:?}", self.name, self.rule.text(), self.service)
    }
}
