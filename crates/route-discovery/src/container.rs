//! One container: its labels, its address, its defaults.

use std::collections::BTreeMap;

use tls_gateway::{
    Notice, Severity,
    dynamic::{Http, LoadBalancer, Router, Server, Service},
};

use crate::{Config, InventoryItem, labels};

/// A container that wants to be routed to.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) item: InventoryItem,
    pub(crate) http: Http,
}

/// Ports of our own listeners: a container on the host's network could name one of them.
pub(crate) type OwnPorts = [u16];

/// What the container's labels ask for; `None` when they ask for nothing or cannot be read.
pub(crate) fn candidate(
    item: &InventoryItem,
    config: &Config,
    own_ports: &OwnPorts,
    notices: &mut Vec<Notice>,
) -> Option<Candidate> {
    let title = item.title();
    let mut note = |severity, subject: &str, message: &str, help: &str| {
        notices.push(Notice::new(severity, &title, subject, message, help));
    };
    let labelled = match labels::read(&item.labels) {
        Ok(labelled) => labelled,
        Err(error) => {
            note(Severity::Error, &error.label, &error.message, &error.help);
            return None;
        }
    };
    let has_routes = labelled.http != Http::default();
    match labelled.enable {
        Some(true) => {}
        Some(false) => return None,
        None if config.exposed_by_default => {}
        None => {
            if has_routes {
                let help = "add traefik.enable=true, or set gateway.discovery.exposed_by_default";
                note(
                    Severity::Warning,
                    "traefik.enable",
                    "the container has routes but is not enabled",
                    help,
                );
            }
            return None;
        }
    }
    if labelled.has_other_protocols {
        let help = "only HTTP is routed; publish the port of the container instead";
        note(Severity::Warning, "traefik.tcp", "TCP and UDP routers are not served", help);
        if !has_routes {
            return None;
        }
    }
    let mut http = labelled.http;
    http.servers_transports.clear();
    let name = item.service_name();
    if http.services.is_empty() {
        http.services.insert(name.clone(), Service::default());
    }
    let reached = Reached::of(item, &labelled.network, config, &mut note);
    let keys: Vec<String> = http.services.keys().cloned().collect();
    for key in keys {
        let Some(service) = http.services.get_mut(&key) else { continue };
        if let Err((message, help)) = reached.complete(item, service, own_ports) {
            note(Severity::Error, &format!("service {key}"), &message, &help);
            return None;
        }
    }
    default_router(&mut http, &name, config, &mut note);
    link_services(&mut http, &mut note);
    Some(Candidate { item: item.clone(), http })
}

/// As Traefik: a container without routers gets one, unless it has several services.
fn default_router(
    http: &mut Http,
    name: &str,
    config: &Config,
    note: &mut impl FnMut(Severity, &str, &str, &str),
) {
    if http.routers.is_empty() {
        if http.services.len() > 1 {
            let help = "name a router for each: traefik.http.routers.NAME.service=SERVICE";
            note(Severity::Error, "routers", "several services and no router", help);
            return;
        }
        http.routers.insert(name.to_owned(), Router::default());
    }
    for (router_name, router) in &mut http.routers {
        if router.rule.is_empty() {
            // A name with a backtick in it cannot end the string early: `normalize` let none pass.
            router.rule = config.default_rule.replace("{name}", name);
            if config.default_rule.contains("{{") {
                let help = "write {name} in place of the template";
                note(Severity::Error, router_name, "gateway.discovery.default_rule is a Go template", help);
            }
        }
    }
}

/// A router that names no service takes the only one there is.
fn link_services(http: &mut Http, note: &mut impl FnMut(Severity, &str, &str, &str)) {
    let only = (http.services.len() == 1).then(|| http.services.keys().next().cloned()).flatten();
    http.routers.retain(|name, router| {
        if !router.service.is_empty() {
            return true;
        }
        match &only {
            Some(service) => {
                router.service.clone_from(service);
                true
            }
            None => {
                let help = format!("add traefik.http.routers.{name}.service=NAME");
                note(
                    Severity::Error,
                    &format!("router {name}"),
                    "several services, and it names none",
                    &help,
                );
                false
            }
        }
    });
}

/// Where the container is reached.
struct Reached {
    address: Option<String>,
}

impl Reached {
    fn of(
        item: &InventoryItem,
        wanted: &str,
        config: &Config,
        note: &mut impl FnMut(Severity, &str, &str, &str),
    ) -> Reached {
        if item.host_network {
            return Reached { address: Some("127.0.0.1".to_owned()) };
        }
        let by_label = !wanted.is_empty();
        let wanted = if by_label { wanted } else { config.network.as_str() };
        let addresses: BTreeMap<&str, String> = item
            .networks
            .iter()
            .filter_map(|(name, address)| {
                let text = if address.ipv4.is_empty() {
                    format!("[{}]", address.ipv6)
                } else {
                    address.ipv4.clone()
                };
                let known = !address.ipv4.is_empty() || !address.ipv6.is_empty();
                known.then_some((name.as_str(), text))
            })
            .collect();
        if let Some(address) = addresses.get(wanted) {
            return Reached { address: Some(address.clone()) };
        }
        let names: Vec<&str> = addresses.keys().copied().collect();
        let first = addresses.values().next().cloned();
        if !wanted.is_empty() && (item.is_well() || !addresses.is_empty()) {
            let near = names.iter().find(|name| name.ends_with(&format!("_{wanted}")));
            let place = if by_label { "traefik.docker.network" } else { "gateway.discovery.network" };
            let help = match near {
                Some(name) => format!("Compose puts the project's name in front: write {place}={name}"),
                None if names.is_empty() => {
                    format!("connect it: docker network connect {wanted} {}", item.name)
                }
                None => {
                    format!("it is on {}: name one of these, or connect it to {wanted}", names.join(", "))
                }
            };
            let message = format!("the container is not on the network {wanted:?}");
            note(Severity::Warning, place, &message, &help);
            if let Some(name) = near {
                return Reached { address: addresses.get(name).cloned() };
            }
        } else if names.len() > 1 {
            let message = format!("it is on several networks; {} is taken", names.first().unwrap_or(&""));
            note(Severity::Info, "traefik.docker.network", &message, "name the one the gateway is on too");
        }
        Reached { address: first }
    }

    /// Fills in the servers of a service; the error is what is wrong and the mend.
    fn complete(
        &self,
        item: &InventoryItem,
        service: &mut Service,
        own_ports: &OwnPorts,
    ) -> Result<(), (String, String)> {
        if service.weighted.is_some() {
            return Ok(());
        }
        let balancer = service.load_balancer.get_or_insert_with(LoadBalancer::default);
        let server = balancer.server.take().unwrap_or_default();
        if !server.url.is_empty() || balancer.servers.iter().any(|server| !server.url.is_empty()) {
            let help =
                "a container may be routed to itself alone: name its port, or put the URL into the file";
            return Err(("server.url in a label is refused".to_owned(), help.to_owned()));
        }
        balancer.servers.clear();
        // Stopped or not well: its routes stay and answer 503, which says more than 404.
        if !item.is_well() {
            return Ok(());
        }
        let port = match server.port.as_str() {
            "" => item.ports.first().copied().ok_or_else(|| {
                let help =
                    "add traefik.http.services.NAME.loadbalancer.server.port=PORT, or EXPOSE it in the image";
                ("the port is missing: the container exposes none".to_owned(), help.to_owned())
            })?,
            text => text.trim().parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(|| {
                (format!("{text:?} is no port"), "write the container's port as a number".to_owned())
            })?,
        };
        let scheme = match server.scheme.as_str() {
            "" => "http",
            known @ ("http" | "https" | "h2c") => known,
            other => {
                return Err((
                    format!("the scheme {other:?} is not known"),
                    "write http, https or h2c".to_owned(),
                ));
            }
        };
        if item.host_network && own_ports.contains(&port) {
            let help = "that port is Quaywatch's own; route to it from the file if you mean it";
            return Err((format!("the port {port} on the host's network is refused"), help.to_owned()));
        }
        let Some(address) = &self.address else {
            let help =
                "connect it to a network that the gateway is on too: docker network connect NETWORK NAME";
            return Err(("the container has no address".to_owned(), help.to_owned()));
        };
        balancer.servers.push(Server {
            url: format!("{scheme}://{address}:{port}"),
            weight: server.weight,
            preserve_path: server.preserve_path,
            ..Server::default()
        });
        Ok(())
    }
}
