//! Labels `traefik.…` of one container: names become a tree, the tree a configuration.

use std::collections::BTreeMap;

use tls_gateway::dynamic::Http;

use crate::{
    decode::{decode, parse_bool},
    limits::{INDEX_MAX, LABEL_BYTES_MAX, LABEL_PARTS_MAX, LABELS_MAX},
    node::Node,
};

/// What is wrong with a container's labels: then none of them counts, as in Traefik.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelError {
    /// The label's name.
    pub label: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: String,
}

/// What the labels of one container say.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Labelled {
    /// `traefik.enable`, if given.
    pub(crate) enable: Option<bool>,
    /// `traefik.docker.network`.
    pub(crate) network: String,
    /// `traefik.http`.
    pub(crate) http: Http,
    /// It has TCP or UDP routers, which are not served.
    pub(crate) has_other_protocols: bool,
}

/// For the fuzz target and for tools: what the labels say, or what is wrong with them.
///
/// # Errors
/// [`LabelError`].
pub fn decode_labels(labels: &BTreeMap<String, String>) -> Result<Http, LabelError> {
    read(labels).map(|labelled| labelled.http)
}

pub(crate) fn read(labels: &BTreeMap<String, String>) -> Result<Labelled, LabelError> {
    let fail = |label: &str, message: String, help: &str| LabelError {
        label: label.to_owned(),
        message,
        help: help.to_owned(),
    };
    let mut root = Node::empty();
    let mut count = 0_usize;
    for (name, value) in labels {
        let is_ours = name.get(..8).is_some_and(|head| head.eq_ignore_ascii_case("traefik."));
        if !is_ours {
            continue;
        }
        count += 1;
        if count > LABELS_MAX || name.len() + value.len() > LABEL_BYTES_MAX {
            let message =
                format!("too many or too long labels: {LABELS_MAX} of {LABEL_BYTES_MAX} bytes are read");
            return Err(fail(name, message, "remove some, or use the file"));
        }
        insert(&mut root, name, value).map_err(|message| {
            fail(
                name,
                message,
                "write traefik.http.routers.NAME.rule and the like, with a name in every place",
            )
        })?;
    }
    let mut labelled = Labelled::default();
    if let Some(enable) = root.take("enable") {
        let text = if let Node::Text(text) = enable { text } else { String::new() };
        let value = parse_bool(&text);
        labelled.enable = Some(value.ok_or_else(|| {
            fail("traefik.enable", format!("{text:?} is neither true nor false"), "write traefik.enable=true")
        })?);
    }
    if let Some(mut docker) = root.take("docker") {
        if let Some(Node::Text(network)) = docker.take("network") {
            labelled.network = network;
        }
        docker.take("lbswarm");
        docker.take("allownonrunning");
        if let Node::Map(rest) = docker
            && let Some((_, (name, _))) = rest.into_iter().next()
        {
            let help = "traefik.docker.network is the only one that is understood";
            return Err(fail(&format!("traefik.docker.{name}"), "an unknown label".to_owned(), help));
        }
    }
    for other in ["tcp", "udp"] {
        labelled.has_other_protocols |= root.take(other).is_some();
    }
    root.take("tls");
    let http = root.take("http").unwrap_or_else(Node::empty);
    if let Node::Map(rest) = root
        && let Some((_, (name, _))) = rest.into_iter().next()
    {
        let help = "labels begin with traefik.enable, traefik.docker or traefik.http";
        return Err(fail(&format!("traefik.{name}"), "an unknown label".to_owned(), help));
    }
    labelled.http = decode(http).map_err(|(place, message)| {
        let help = if message.starts_with("unknown field") {
            "mend the spelling; a middleware that is passed over would be an open door, so the container is not served"
        } else {
            "mend the value; until then the container is not served"
        };
        fail(&format!("traefik.http.{place}"), message, help)
    })?;
    Ok(labelled)
}

/// Puts a value at its place. The first part, `traefik`, is left out.
fn insert(root: &mut Node, name: &str, value: &str) -> Result<(), String> {
    let mut node = root;
    let parts: Vec<&str> = name.split('.').skip(1).collect();
    if parts.len() > LABEL_PARTS_MAX {
        return Err("the name has too many parts".to_owned());
    }
    for part in parts {
        let (key, index) = match part.split_once('[') {
            None => (part, None),
            Some((key, rest)) => {
                let index = rest.strip_suffix(']').and_then(|index| index.parse::<usize>().ok());
                let index = index.filter(|index| *index <= INDEX_MAX);
                (key, Some(index.ok_or_else(|| format!("{part:?} has no index that is understood"))?))
            }
        };
        if key.is_empty() {
            return Err("a part of the name is empty".to_owned());
        }
        if key.contains('@') {
            return Err(format!("{key:?} has an @: that is for naming things of others"));
        }
        // `tls=true` sorts before `tls.certresolver=x`.
        if *node == Node::Nothing || matches!(node, Node::Text(text) if text == "true") {
            *node = Node::empty();
        }
        let Node::Map(map) = node else {
            return Err(format!("{key:?} stands below something that has a value"));
        };
        let (_, child) = map.entry(key.to_lowercase()).or_insert_with(|| (key.to_owned(), Node::Nothing));
        node = child;
        if let Some(index) = index {
            if *node == Node::Nothing {
                *node = Node::List(Vec::new());
            }
            let Node::List(list) = node else { return Err(format!("{key:?} is a list and is not")) };
            if list.len() <= index {
                list.resize(index + 1, Node::Nothing);
            }
            let Some(item) = list.get_mut(index) else { return Err("no such index".to_owned()) };
            node = item;
        }
    }
    match node {
        Node::Nothing => {
            *node = Node::Text(value.to_owned());
            Ok(())
        }
        // `tls=true` beside `tls.certresolver=x`.
        Node::Map(_) if value == "true" => Ok(()),
        Node::Text(known) if known == "true" || known == value => {
            *node = Node::Text(value.to_owned());
            Ok(())
        }
        _ => Err("the name has a value and more names below it".to_owned()),
    }
}
