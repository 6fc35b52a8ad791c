//! From inventory and files to what a route table is made of.

use std::{collections::BTreeSet, time::Instant};

use parking_lot::Mutex;
use tls_gateway::{
    Notice, Severity,
    dynamic::{Origin, Sourced},
    rule::{Hosts, Rule},
};

use crate::{
    Config, Inventory,
    claims::Claims,
    container::candidate,
    file::Files,
    groups::{Group, groups},
    limits::{CONTAINERS_MAX, NOTICES_MAX},
    merge::merged,
};

/// Keeps the last inventory and the last good state of files.
#[derive(Debug)]
pub struct Discovery {
    config: Config,
    own_ports: Vec<u16>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    inventory: Inventory,
    files: Files,
    claims: Claims,
    notices: Vec<Notice>,
}

impl Discovery {
    /// `own_ports` are those of Quaywatch's own listeners: no label may lead to them.
    pub fn new(config: Config, own_ports: Vec<u16>) -> Discovery {
        Discovery { config, own_ports, state: Mutex::default() }
    }

    /// Takes the sensor's inventory; whether it says anything new.
    pub fn set_inventory(&self, inventory: Inventory) -> bool {
        let mut state = self.state.lock();
        let changed = state.inventory != inventory;
        state.inventory = inventory;
        changed && self.config.docker
    }

    /// Reads changed files again; whether there were any.
    pub fn refresh_files(&self) -> bool {
        self.state.lock().files.refresh(&self.config.files)
    }

    /// What files and labels say now, and what is wrong with it.
    pub fn sources(&self, now: Instant) -> (Vec<Sourced>, Vec<Notice>) {
        let mut state = self.state.lock();
        let state = &mut *state;
        let (http, mut notices) = state.files.merged();
        let file_hosts: BTreeSet<String> = http
            .routers
            .values()
            .filter_map(|router| Rule::parse(&router.rule).ok())
            .flat_map(|rule| rule.named_hosts())
            .collect();
        let mut sources = vec![Sourced { origin: Origin::File, title: "file".to_owned(), http }];
        if !self.config.docker {
            return (sources, notices);
        }
        let containers = state.inventory.containers.iter().take(CONTAINERS_MAX);
        let candidates = containers
            .filter_map(|item| candidate(item, &self.config, &self.own_ports, &mut notices))
            .collect();
        let groups = groups(candidates);
        let mut labelled: Vec<(Group, tls_gateway::dynamic::Http)> = Vec::new();
        for group in groups {
            let http = merged(&group, &mut notices);
            labelled.push((group, http));
        }
        let owners = state.claims.settle(&wanted(&labelled), now);
        for (group, mut http) in labelled {
            let title = group.members.first().map(|member| member.item.title()).unwrap_or_default();
            http.routers.retain(|name, router| {
                let stolen = claimed(&router.rule).into_iter().find_map(|host| {
                    let owner = owners.get(&host).filter(|owner| **owner != group.identity)?;
                    Some((host, owner))
                });
                let Some((host, owner)) = stolen else {
                    note_file(&file_hosts, &router.rule, &title, name, &mut notices);
                    return true;
                };
                let message = format!("the host {host:?} belongs to {owner}, which was there first");
                let help =
                    "give this container a host of its own; the file may share a host between containers";
                notices.push(Notice::new(Severity::Error, &title, &format!("router {name}"), &message, help));
                false
            });
            sources.push(Sourced { origin: Origin::Labels(group.key), title, http });
        }
        (sources, notices)
    }

    /// Remembers all findings, those of the route table too, for the page; new ones are logged.
    pub fn set_notices(&self, mut notices: Vec<Notice>) {
        notices.sort();
        notices.dedup();
        notices.truncate(NOTICES_MAX);
        let mut state = self.state.lock();
        for notice in notices.iter().filter(|notice| !state.notices.contains(notice)) {
            notice.log();
        }
        state.notices = notices;
    }

    /// The findings now, the worst first.
    pub fn notices(&self) -> Vec<Notice> {
        self.state.lock().notices.clone()
    }
}

/// Hosts and who wants them, the eldest first.
fn wanted(labelled: &[(Group, tls_gateway::dynamic::Http)]) -> Vec<(String, String)> {
    let mut wanted = Vec::new();
    for (group, http) in labelled {
        for router in http.routers.values() {
            wanted.extend(claimed(&router.rule).into_iter().map(|host| (host, group.identity.clone())));
        }
    }
    wanted
}

/// The hosts a rule is bound to; a rule that is open never gets at a host that somebody names.
fn claimed(rule: &str) -> BTreeSet<String> {
    match Rule::parse(rule).map(|rule| rule.hosts()) {
        Ok(Hosts::Exactly(hosts)) => hosts,
        _ => BTreeSet::new(),
    }
}

fn note_file(file_hosts: &BTreeSet<String>, rule: &str, title: &str, name: &str, notices: &mut Vec<Notice>) {
    if let Some(host) = claimed(rule).intersection(file_hosts).next() {
        let message = format!("the file routes the host {host:?} too, and comes first");
        let help = "requests that the file's rule matches never reach this container";
        notices.push(Notice::new(Severity::Info, title, &format!("router {name}"), &message, help));
    }
}
