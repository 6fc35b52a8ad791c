//! From names of middlewares to layers, chains resolved.

use std::sync::Arc;

use super::{names::Found, routers::Assembly};
use crate::{
    dynamic::{Middleware, Origin, Sourced},
    limits::LAYERS_MAX,
    middleware::{Built, Layer, Users, Workshop, build},
    notice::Severity,
};

/// Chains in chains.
const DEPTH_MAX: usize = 4;

impl<'a> Assembly<'a> {
    /// Appends what `name` stands for; the error is what is wrong and the mend.
    pub(super) fn middleware(
        &mut self,
        source: &'a Sourced,
        name: &str,
        depth: usize,
        into: &mut Vec<Arc<dyn Layer>>,
    ) -> Result<(), (String, String)> {
        if depth > DEPTH_MAX || into.len() >= LAYERS_MAX {
            let help = "a chain may not name itself".to_owned();
            return Err((format!("the middleware {name:?} leads too deep"), help));
        }
        let get = |source: &'a Sourced, name: &str| source.http.middlewares.get(name);
        match self.names.find(source, "the middleware", name, get)? {
            Found::Internal(short) => {
                let Some(right) = self.plan.users.get(&short) else {
                    let known: Vec<String> =
                        self.plan.users.keys().map(|name| format!("{name}@internal")).collect();
                    let help = format!("use one of {}", known.join(", "));
                    return Err((format!("the middleware {name:?} does not exist"), help));
                };
                into.push(Arc::new(Users::new(Arc::clone(&self.resources.guards), *right)));
                Ok(())
            }
            Found::Here(owner, short, settings) => self.made_middleware(owner, &short, settings, depth, into),
        }
    }

    fn made_middleware(
        &mut self,
        owner: &'a Sourced,
        name: &str,
        settings: &'a Middleware,
        depth: usize,
        into: &mut Vec<Arc<dyn Layer>>,
    ) -> Result<(), (String, String)> {
        let key = (owner.origin.clone(), name.to_owned());
        let reusable = |made: &super::build::Made| {
            let (known, layer, warnings) = made.middlewares.get(&key)?;
            (known == settings && !reads_files(settings)).then(|| (Arc::clone(layer), warnings.clone()))
        };
        let subject = format!("middleware {name}");
        let kept = reusable(&self.made).or_else(|| self.previous.and_then(reusable));
        let (layer, warnings) = match kept {
            Some(kept) => kept,
            None => {
                let resources = self.resources;
                let mut service = |name: &str| {
                    self.service(owner, name).map_err(|(message, help)| format!("{message}: {help}"))
                };
                let mut shop = Workshop { name, origin: &owner.origin, resources, service: &mut service };
                match build(settings, &mut shop) {
                    Ok(Built::One(layer, warnings)) => (layer, warnings),
                    Ok(Built::Chain(names)) => {
                        for name in &names {
                            self.middleware(owner, name, depth + 1, into)?;
                        }
                        return Ok(());
                    }
                    Ok(Built::Nothing) => return Ok(()),
                    Err(message) => {
                        let help = "mend it; until then the router is not served, because it would be open"
                            .to_owned();
                        return Err((format!("the middleware {name:?} cannot be built: {message}"), help));
                    }
                }
            }
        };
        for warning in &warnings {
            let severity =
                if matches!(owner.origin, Origin::Labels(_)) { Severity::Error } else { Severity::Warning };
            self.note(severity, &owner.title, &subject, warning, "the rest of it is in force");
        }
        self.made.middlewares.insert(key, (settings.clone(), Arc::clone(&layer), warnings));
        into.push(layer);
        Ok(())
    }
}

/// Whether it may have changed though its settings did not.
fn reads_files(settings: &Middleware) -> bool {
    settings.basic_auth.as_ref().is_some_and(|auth| !auth.users_file.is_empty())
        || settings.digest_auth.as_ref().is_some_and(|auth| !auth.users_file.is_empty())
        // Holds a service, which may have changed.
        || settings.errors.is_some()
}
