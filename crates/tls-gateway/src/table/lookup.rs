//! Finding the route of a request: by entry point, by host, then by rule in order of priority.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    net::IpAddr,
    sync::Arc,
};

use super::{Route, build::Made};
use crate::{
    dynamic::Origin,
    rule::{Hosts, RequestView},
};

/// All routes. Never changes once it is made.
#[derive(Default)]
pub struct Table {
    pub(super) entries: HashMap<Arc<str>, EntryTable>,
    pub(super) hosts: BTreeSet<String>,
    /// Kept so that the next table can take over what did not change.
    pub(super) made: Made,
}

/// Routes of one entry point.
#[derive(Default)]
pub(super) struct EntryTable {
    by_host: HashMap<Box<str>, Vec<Arc<Route>>>,
    /// For hosts that nobody names, by addresses.
    by_address: Vec<Arc<Route>>,
    /// For hosts that nobody names.
    others: Vec<Arc<Route>>,
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table({} hosts)", self.hosts.len())
    }
}

impl Table {
    /// The route that a request takes.
    pub(crate) fn find(&self, entry_point: &str, request: &RequestView<'_>) -> Option<&Arc<Route>> {
        let entry = self.entries.get(entry_point)?;
        let candidates = match entry.by_host.get(request.host) {
            Some(routes) => routes,
            None if request.host.parse::<IpAddr>().is_ok() => &entry.by_address,
            None => &entry.others,
        };
        candidates.iter().find(|route| route.rule.matches(request))
    }

    /// Whether some route names this host: what certificates are made for.
    pub fn names_host(&self, host: &str) -> bool {
        self.hosts.contains(host)
    }

    /// All named hosts.
    pub fn hosts(&self) -> &BTreeSet<String> {
        &self.hosts
    }

    /// Routes in all, an entry point's each.
    pub fn routes(&self) -> impl Iterator<Item = (&str, &Route)> {
        self.entries.iter().flat_map(|(entry, table)| {
            let mut seen = BTreeSet::new();
            let all = table.by_host.values().flatten().chain(&table.by_address).chain(&table.others);
            let mut unique: Vec<&Route> =
                all.filter(|route| seen.insert(Arc::as_ptr(route))).map(Arc::as_ref).collect();
            unique.sort_by(|a, b| a.name.cmp(&b.name));
            unique.into_iter().map(move |route| (&**entry, route))
        })
    }
}

impl EntryTable {
    /// Sorts routes under the hosts they can match. `own_hosts` are Quaywatch's names: there, and
    /// at addresses, only its own routes and the administrator's count.
    pub(super) fn new(routes: &[Arc<Route>], own_hosts: &BTreeSet<String>) -> EntryTable {
        let mut routes = routes.to_vec();
        // Highest first; among equals the more trusted word, then the name, so that the answer is
        // the same each time.
        // What the administrator binds to a host beats labels, whatever their priority; rules that
        // are open to any host compete by priority alone.
        let rank = |route: &Route| match (&route.origin, route.rule.hosts()) {
            (Origin::File | Origin::Internal, Hosts::Exactly(_)) => 0,
            (Origin::Internal, Hosts::Open) => 0,
            _ => 1,
        };
        routes.sort_by_cached_key(|route| {
            (rank(route), std::cmp::Reverse(route.priority), route.origin.clone(), Arc::clone(&route.name))
        });
        let bounds: Vec<Hosts> = routes.iter().map(|route| route.rule.hosts()).collect();
        let mut named: BTreeMap<&str, Vec<usize>> =
            own_hosts.iter().map(|host| (host.as_str(), Vec::new())).collect();
        let mut open = Vec::new();
        for (index, hosts) in bounds.iter().enumerate() {
            match hosts {
                Hosts::Exactly(hosts) => {
                    hosts.iter().for_each(|host| named.entry(host.as_str()).or_default().push(index));
                }
                Hosts::Open => open.push(index),
            }
        }
        let route = |index: usize| routes.get(index);
        let mut table = EntryTable::default();
        for (host, mut found) in named {
            let is_own = own_hosts.contains(host);
            let owners: BTreeSet<&Origin> =
                found.iter().filter_map(|index| route(*index)).map(|route| &route.origin).collect();
            // A rule that is open to any host: Quaywatch's own is for its own hosts alone, a
            // container's never for a host that somebody else has named.
            let here = |index: &&usize| match route(**index).map(|route| &route.origin) {
                Some(Origin::Internal) => is_own,
                Some(Origin::File) => true,
                Some(labels @ Origin::Labels(_)) => !is_own && owners.iter().all(|owner| *owner == labels),
                None => false,
            };
            let open_here: Vec<usize> = open.iter().filter(here).copied().collect();
            found.extend(open_here);
            // Indices are in order of priority.
            found.sort_unstable();
            let found = found.into_iter().filter_map(|index| route(index).cloned()).collect();
            table.by_host.insert(Box::from(host), found);
        }
        for route in open.iter().filter_map(|index| routes.get(*index)) {
            match route.origin {
                Origin::Internal => table.by_address.push(Arc::clone(route)),
                Origin::File => {
                    table.by_address.push(Arc::clone(route));
                    table.others.push(Arc::clone(route));
                }
                Origin::Labels(_) => table.others.push(Arc::clone(route)),
            }
        }
        table
    }
}
