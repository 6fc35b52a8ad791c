//! Making a table from a configuration; what cannot be made is a notice, and the rest stands.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use super::{Table, lookup::EntryTable, names::Names, route::Route, routers::Assembly};
use crate::{
    dynamic::{self, Origin, Sourced},
    limits::ROUTES_MAX,
    middleware::{Layer, UserRight},
    notice::{Notice, Severity},
    rule::Rule,
    server::Resources,
    upstream::{Balancer, Handler, ServiceHandle},
};

/// Everything a table is made from.
pub struct Plan {
    /// What files and labels say.
    pub sources: Vec<Sourced>,
    /// Our own routes, for our own hosts.
    pub internal: Vec<InternalRoute>,
    /// Services of this process that files may name with `@internal`.
    pub services: BTreeMap<String, Handler>,
    /// Middlewares of this process that anybody may name with `@internal`.
    pub users: BTreeMap<String, UserRight>,
    /// Our own names, in lower case.
    pub own_hosts: BTreeSet<String>,
    /// The entry points.
    pub entry_points: Vec<EntryPointNames>,
}

/// What routers call an entry point.
#[derive(Debug, Clone)]
pub struct EntryPointNames {
    /// Its name.
    pub name: Arc<str>,
    /// Other names for it.
    pub aliases: Vec<String>,
    /// Whether it speaks TLS.
    pub tls: bool,
}

/// A route of ours.
pub struct InternalRoute {
    /// Its name, without `@internal`.
    pub name: String,
    /// Path, method or the like; hosts are [`Plan::own_hosts`] and all addresses.
    pub rule: String,
    /// Among the routes at our own hosts.
    pub priority: i64,
    /// The service.
    pub service: Handler,
    /// Where it is offered.
    pub reach: Reach,
}

/// Where a route of ours is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Over TLS only.
    Encrypted,
    /// Without TLS too.
    Everywhere,
}

/// Settings, what was made of them, and the warnings that came with it.
pub(super) type MadeLayer = (dynamic::Middleware, Arc<dyn Layer>, Vec<String>);

/// What was built and may be taken over: limits go on counting, health is not forgotten.
#[derive(Default)]
pub(super) struct Made {
    pub(super) middlewares: HashMap<(Origin, String), MadeLayer>,
    pub(super) services: HashMap<(Origin, String), (dynamic::Service, Arc<Balancer>)>,
}

impl Table {
    /// Makes a table. `previous` is the one in force. Must be called within a runtime where
    /// services have health checks.
    pub fn build(plan: &Plan, resources: &Resources, previous: Option<&Table>) -> (Table, Vec<Notice>) {
        let mut assembly = Assembly {
            plan,
            resources,
            previous: previous.map(|table| &table.made),
            names: Names::new(&plan.sources),
            made: Made::default(),
            notices: Vec::new(),
        };
        let mut routes: BTreeMap<Arc<str>, Vec<Arc<Route>>> = BTreeMap::new();
        for entry in &plan.entry_points {
            routes.insert(Arc::clone(&entry.name), Vec::new());
        }
        let mut hosts = plan.own_hosts.clone();
        for internal in &plan.internal {
            match internal_route(internal) {
                Ok(route) => {
                    for entry in plan
                        .entry_points
                        .iter()
                        .filter(|entry| entry.tls || internal.reach == Reach::Everywhere)
                    {
                        routes.entry(Arc::clone(&entry.name)).or_default().push(Arc::clone(&route));
                    }
                }
                Err(error) => {
                    let help = "this is a mistake of Quaywatch";
                    assembly.note(Severity::Error, "quaywatch", &internal.name, &error, help);
                }
            }
        }
        let mut count = 0_usize;
        for source in &plan.sources {
            for (name, router) in &source.http.routers {
                count += 1;
                if count > ROUTES_MAX {
                    let help = "remove some; the others stay in force";
                    let message = format!("more than {ROUTES_MAX} routers");
                    assembly.note(Severity::Error, &source.title, name, &message, help);
                    break;
                }
                let Some((route, entries)) = assembly.router(source, name, router) else { continue };
                hosts.extend(route.rule.named_hosts());
                let route = Arc::new(route);
                for entry in entries {
                    routes.entry(entry).or_default().push(Arc::clone(&route));
                }
            }
        }
        let entries = routes
            .into_iter()
            .map(|(entry, routes)| (entry, EntryTable::new(&routes, &plan.own_hosts)))
            .collect();
        let mut notices = assembly.notices;
        notices.sort();
        notices.dedup();
        (Table { entries, hosts, made: assembly.made }, notices)
    }
}

fn internal_route(internal: &InternalRoute) -> Result<Arc<Route>, String> {
    let rule = Rule::parse(&internal.rule).map_err(|error| error.to_string())?;
    let name = format!("{}@internal", internal.name);
    let service = ServiceHandle::Local(Arc::from(name.as_str()), Arc::clone(&internal.service));
    Ok(Arc::new(Route::new(name, rule, internal.priority, Origin::Internal, Vec::new(), service)))
}
