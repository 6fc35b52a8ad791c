//! From a service's settings to its handle.

use std::sync::Arc;

use super::{names::Found, routers::Assembly};
use crate::{
    dynamic::{LoadBalancer, Origin, Service, Sourced},
    limits::SERVERS_MAX,
    upstream::{Balancer, ServiceHandle, Target, Weighted},
};

/// Services that name services that name services.
const DEPTH_MAX: usize = 4;

impl<'a> Assembly<'a> {
    /// The service of this name, as `source` sees it; the error is what is wrong and the mend.
    pub(super) fn service(
        &mut self,
        source: &'a Sourced,
        name: &str,
    ) -> Result<ServiceHandle, (String, String)> {
        self.service_at(source, name, 0)
    }

    fn service_at(
        &mut self,
        source: &'a Sourced,
        name: &str,
        depth: usize,
    ) -> Result<ServiceHandle, (String, String)> {
        if name.is_empty() {
            return Err(("the router names no service".to_owned(), "write service: NAME".to_owned()));
        }
        let found =
            self.names.find(source, "the service", name, |source, name| source.http.services.get(name))?;
        match found {
            Found::Internal(short) => {
                if matches!(source.origin, Origin::Labels(_)) {
                    let help = "only the file may route to Quaywatch's own services".to_owned();
                    return Err((format!("the service {name:?} is refused"), help));
                }
                let known = || {
                    self.plan
                        .services
                        .keys()
                        .map(|name| format!("{name}@internal"))
                        .collect::<Vec<_>>()
                        .join(", ")
                };
                match self.plan.services.get(&short) {
                    Some(handler) => Ok(ServiceHandle::Local(Arc::from(name), Arc::clone(handler))),
                    None => Err((
                        format!("the service {name:?} does not exist"),
                        format!("use one of {}", known()),
                    )),
                }
            }
            Found::Here(owner, short, service) => self.made_service(owner, &short, service, depth),
        }
    }

    fn made_service(
        &mut self,
        owner: &'a Sourced,
        name: &str,
        service: &'a Service,
        depth: usize,
    ) -> Result<ServiceHandle, (String, String)> {
        let provider = if owner.origin == Origin::File { "file" } else { "docker" };
        let full: Arc<str> = Arc::from(format!("{name}@{provider}"));
        match (&service.load_balancer, &service.weighted) {
            (Some(settings), None) => {
                let key = (owner.origin.clone(), name.to_owned());
                let unchanged = |made: &super::build::Made| {
                    made.services
                        .get(&key)
                        .filter(|(known, _)| known == service)
                        .map(|(_, made)| Arc::clone(made))
                };
                let balancer = match unchanged(&self.made).or_else(|| self.previous.and_then(unchanged)) {
                    Some(balancer) => balancer,
                    None => {
                        let balancer = Arc::new(self.balancer(owner, full, settings)?);
                        balancer.start_health_checks();
                        balancer
                    }
                };
                self.made.services.insert(key, (service.clone(), Arc::clone(&balancer)));
                Ok(ServiceHandle::Balancer(balancer))
            }
            (None, Some(weighted)) => {
                if depth >= DEPTH_MAX {
                    let help = "a weighted service may not name itself".to_owned();
                    return Err((format!("the service {name:?} leads in a circle"), help));
                }
                let mut parts = Vec::new();
                for part in weighted.services.iter().take(SERVERS_MAX) {
                    let handle = self.service_at(owner, &part.name, depth + 1)?;
                    parts.push((handle, i64::from(part.weight.unwrap_or(1))));
                }
                Ok(ServiceHandle::Weighted(Arc::new(Weighted::new(full, parts))))
            }
            _ => {
                let help = "write exactly one of loadBalancer and weighted".to_owned();
                Err((format!("the service {name:?} has no kind that is understood"), help))
            }
        }
    }

    fn balancer(
        &mut self,
        owner: &'a Sourced,
        name: Arc<str>,
        settings: &'a LoadBalancer,
    ) -> Result<Balancer, (String, String)> {
        let mend = |message: String| (message, "mend the service's servers".to_owned());
        let mut targets = Vec::new();
        let mut http2 = false;
        for server in settings.servers.iter().take(SERVERS_MAX) {
            http2 |= server.url.starts_with("h2c:");
            targets.push(Target::new(&server.url, server.weight, server.preserve_path).map_err(mend)?);
        }
        let transport = match settings.servers_transport.as_str() {
            "" => None,
            wanted => {
                let found = self.names.find(owner, "the transport", wanted, |source, name| {
                    source.http.servers_transports.get(name)
                })?;
                match found {
                    Found::Here(_, _, transport) => Some(transport),
                    Found::Internal(_) => None,
                }
            }
        };
        let client = self.resources.clients.get(http2, transport).map_err(mend)?;
        Ok(Balancer::new(name, targets, settings, client, http2))
    }
}
