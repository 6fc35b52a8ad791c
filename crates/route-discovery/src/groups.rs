//! Who trusts whom: containers of one Compose project that share a network.
//!
//! A project's name alone is a label, which an image could carry; the network is not.

use std::collections::BTreeSet;

use crate::container::Candidate;

/// Containers that may use each other's names.
#[derive(Debug)]
pub(crate) struct Group {
    /// The eldest's id.
    pub(crate) key: String,
    /// What outlives a container that is made anew: the project's or the container's name.
    pub(crate) identity: String,
    pub(crate) members: Vec<Candidate>,
    project: Option<String>,
    networks: BTreeSet<String>,
}

/// Sorts candidates into groups, eldest first.
pub(crate) fn groups(mut candidates: Vec<Candidate>) -> Vec<Group> {
    candidates.sort_by(|a, b| (a.item.created_ns, &a.item.id).cmp(&(b.item.created_ns, &b.item.id)));
    let mut groups: Vec<Group> = Vec::new();
    for candidate in candidates {
        let project = candidate.item.project().map(str::to_owned);
        let networks: BTreeSet<String> = candidate
            .item
            .networks
            .keys()
            // Everybody is on these.
            .filter(|name| !matches!(name.as_str(), "bridge" | "host" | "none"))
            .cloned()
            .collect();
        let kin = groups.iter_mut().find(|group| {
            group.project.is_some() && group.project == project && !group.networks.is_disjoint(&networks)
        });
        match kin {
            Some(group) => {
                group.networks.extend(networks);
                group.members.push(candidate);
            }
            None => {
                // A project's name alone is no proof of belonging to it.
                let identity = match (&project, networks.first()) {
                    (Some(project), Some(network)) => format!("project {project} on {network}"),
                    _ => candidate.item.title(),
                };
                groups.push(Group {
                    key: candidate.item.id.clone(),
                    identity,
                    project,
                    networks,
                    members: vec![candidate],
                });
            }
        }
    }
    groups
}
