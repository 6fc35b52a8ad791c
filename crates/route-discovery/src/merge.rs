//! One configuration of a group's containers, as Traefik merges those of a provider: equal names
//! must mean equal things; services may differ in their servers, which is how replicas share load.

use std::collections::BTreeMap;

use tls_gateway::{
    Notice, Severity,
    dynamic::{Http, Server, Service},
};

use crate::groups::Group;

pub(crate) fn merged(group: &Group, notices: &mut Vec<Notice>) -> Http {
    let title = group.members.first().map(|member| member.item.title()).unwrap_or_default();
    let mut conflict = |kind: &str, name: &str| {
        let message = "defined several times with different settings; none of them counts";
        let help = "use the same settings in every container, or different names";
        notices.push(Notice::new(Severity::Error, &title, &format!("{kind} {name}"), message, help));
    };
    let members = || group.members.iter().map(|member| &member.http);
    let routers = equal(members().map(|http| &http.routers), |name| conflict("router", name));
    let middlewares = equal(members().map(|http| &http.middlewares), |name| conflict("middleware", name));
    let services = services(members().map(|http| &http.services), |name| conflict("service", name));
    Http { routers, middlewares, services, ..Http::default() }
}

fn equal<'a, T: Clone + PartialEq + 'a>(
    parts: impl Iterator<Item = &'a BTreeMap<String, T>>,
    mut conflict: impl FnMut(&str),
) -> BTreeMap<String, T> {
    let mut found: BTreeMap<String, Option<T>> = BTreeMap::new();
    for (name, value) in parts.flatten() {
        match found.get_mut(name) {
            None => {
                found.insert(name.clone(), Some(value.clone()));
            }
            Some(known) => {
                if known.as_ref().is_some_and(|known| known != value) {
                    *known = None;
                    conflict(name);
                }
            }
        }
    }
    found.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn services<'a>(
    parts: impl Iterator<Item = &'a BTreeMap<String, Service>>,
    mut conflict: impl FnMut(&str),
) -> BTreeMap<String, Service> {
    let mut found: BTreeMap<String, Option<Service>> = BTreeMap::new();
    for (name, service) in parts.flatten() {
        match found.get_mut(name) {
            None => {
                found.insert(name.clone(), Some(service.clone()));
            }
            Some(slot) => {
                let Some(known) = slot else { continue };
                let (same, servers) = without_servers(known, service);
                if !same {
                    *slot = None;
                    conflict(name);
                } else if let Some(balancer) = &mut known.load_balancer {
                    for server in servers {
                        if !balancer.servers.iter().any(|one| one.url == server.url) {
                            balancer.servers.push(server);
                        }
                    }
                }
            }
        }
    }
    found.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// Whether two services are equal but for their servers, and the servers of the second.
fn without_servers(a: &Service, b: &Service) -> (bool, Vec<Server>) {
    let (mut a, mut b) = (a.clone(), b.clone());
    if let Some(balancer) = &mut a.load_balancer {
        balancer.servers.clear();
    }
    let servers = b.load_balancer.as_mut().map(|balancer| std::mem::take(&mut balancer.servers));
    (a == b, servers.unwrap_or_default())
}
