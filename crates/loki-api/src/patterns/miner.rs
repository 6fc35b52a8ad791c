//! The parse tree: lines of equal token count and equal first tokens meet at a leaf, where the
//! most similar cluster takes them, or a new one begins.

use std::collections::{BTreeMap, HashMap};

use super::tokens::{Format, PARAMETER, Tokens};

/// Tokens that lead down the tree.
const DEPTH_MAX: usize = 28;
/// Children of one node; further ones share the parameter's.
const CHILDREN_MAX: usize = 15;
/// Share of equal tokens that makes a line a member.
const SIMILARITY_MIN: f64 = 0.3;
/// Clusters of one miner; what would need another is not counted.
const CLUSTERS_MAX: usize = 300;

/// A pattern and when it was seen.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) tokens: Tokens,
    /// Count per step, by the step's start in seconds.
    pub(super) samples: BTreeMap<i64, u64>,
}

#[derive(Debug, Default)]
struct Node {
    children: HashMap<String, usize>,
    clusters: Vec<usize>,
}

/// Learns patterns of lines of one level.
#[derive(Debug)]
pub(super) struct Miner {
    step_s: i64,
    nodes: Vec<Node>,
    roots: HashMap<(Format, usize), usize>,
    clusters: Vec<Cluster>,
}

impl Miner {
    pub(super) fn new(step_s: i64) -> Self {
        Miner { step_s: step_s.max(1), nodes: Vec::new(), roots: HashMap::new(), clusters: Vec::new() }
    }

    /// Learns one line.
    pub(super) fn learn(&mut self, tokens: Tokens, time_s: i64) {
        let step = time_s - time_s.rem_euclid(self.step_s);
        let index = match self.find(&tokens) {
            Some(index) => index,
            None if self.clusters.len() >= CLUSTERS_MAX => return,
            None => self.add(tokens.clone()),
        };
        let Some(cluster) = self.clusters.get_mut(index) else { return };
        for (known, new) in cluster.tokens.texts.iter_mut().zip(&tokens.texts) {
            if known != new && known != PARAMETER {
                PARAMETER.clone_into(known);
            }
        }
        *cluster.samples.entry(step).or_default() += 1;
    }

    /// What was learnt.
    pub(super) fn into_clusters(self) -> Vec<Cluster> {
        self.clusters
    }

    fn find(&self, tokens: &Tokens) -> Option<usize> {
        let mut node = self.nodes.get(*self.roots.get(&(tokens.format, tokens.texts.len()))?)?;
        for token in path(tokens) {
            let next = node.children.get(token).or_else(|| node.children.get(PARAMETER))?;
            node = self.nodes.get(*next)?;
        }
        let mut best: Option<(usize, usize, usize)> = None;
        for index in &node.clusters {
            let Some(cluster) = self.clusters.get(*index) else { continue };
            let (same, parameters) = similarity(&cluster.tokens, tokens);
            if best.is_none_or(|(best_same, best_parameters, _)| {
                (same, parameters) > (best_same, best_parameters)
            }) {
                best = Some((same, parameters, *index));
            }
        }
        let (same, _, index) = best?;
        (same as f64 / tokens.texts.len() as f64 >= SIMILARITY_MIN).then_some(index)
    }

    fn add(&mut self, tokens: Tokens) -> usize {
        let root = (tokens.format, tokens.texts.len());
        let mut at = match self.roots.get(&root) {
            Some(at) => *at,
            None => {
                let at = self.node();
                self.roots.insert(root, at);
                at
            }
        };
        for token in path(&tokens) {
            // What holds digits varies, so it does not lead anywhere of its own.
            let key = if token.chars().any(char::is_numeric) { PARAMETER } else { token };
            at = self.child(at, if self.has(at, token) { token } else { key });
        }
        let index = self.clusters.len();
        self.clusters.push(Cluster { tokens, samples: BTreeMap::new() });
        if let Some(node) = self.nodes.get_mut(at) {
            node.clusters.push(index);
        }
        index
    }

    fn has(&self, at: usize, key: &str) -> bool {
        self.nodes.get(at).is_some_and(|node| node.children.contains_key(key))
    }

    fn child(&mut self, at: usize, key: &str) -> usize {
        let children = self.nodes.get(at).map(|node| &node.children);
        let full = children.is_some_and(|children| children.len() + 1 >= CHILDREN_MAX);
        let key = if full && !self.has(at, key) { PARAMETER } else { key };
        if let Some(found) = self.nodes.get(at).and_then(|node| node.children.get(key)) {
            return *found;
        }
        let new = self.node();
        if let Some(node) = self.nodes.get_mut(at) {
            node.children.insert(key.to_owned(), new);
        }
        new
    }

    fn node(&mut self) -> usize {
        self.nodes.push(Node::default());
        self.nodes.len() - 1
    }
}

/// The tokens that lead down the tree: never the last one, and of `key=value` only the key, so
/// that lines whose values differ meet.
fn path(tokens: &Tokens) -> impl Iterator<Item = &str> {
    let count = DEPTH_MAX.min(tokens.texts.len().saturating_sub(2));
    let value_at = |index: usize| match tokens.format {
        Format::Logfmt => index % 2 == 1,
        _ => index > 0 && tokens.texts.get(index - 1).is_some_and(|before| before == "="),
    };
    tokens.texts.iter().take(count).enumerate().map(
        move |(index, token)| {
            if value_at(index) { PARAMETER } else { token.as_str() }
        },
    )
}

/// Equal tokens, and parameters of the cluster.
fn similarity(cluster: &Tokens, tokens: &Tokens) -> (usize, usize) {
    let mut same = 0;
    let mut parameters = 0;
    for (known, new) in cluster.texts.iter().zip(&tokens.texts) {
        if known == PARAMETER {
            parameters += 1;
        } else if known == new {
            same += 1;
        }
    }
    (same, parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variable_parts_become_parameters() {
        let mut miner = Miner::new(10);
        for (index, user) in ["ann", "bob", "zoe"].iter().enumerate() {
            for line in [
                format!("ts={index} level=info user={user} took=1{index}ms path=/v1/{index} done"),
                format!("connection from 10.0.0.{index} closed after {index} seconds"),
            ] {
                miner.learn(Tokens::of(&line).unwrap(), 100 + 6 * index as i64);
            }
        }
        let mut found: Vec<(String, u64)> = miner
            .into_clusters()
            .into_iter()
            .map(|cluster| (cluster.tokens.join(), cluster.samples.values().sum()))
            .collect();
        found.sort();
        assert_eq!(
            found,
            [
                ("connection from <_> closed after <_> seconds".to_owned(), 3),
                ("ts=<_> level=info user=<_> took=<_> path=<_> done".to_owned(), 3),
            ]
        );
    }

    #[test]
    fn hostile_lines_stay_bounded() {
        let mut miner = Miner::new(1);
        for index in 0..5_000u32 {
            let word = |seed: u32| {
                let digits = index.wrapping_mul(seed).to_be_bytes();
                digits.iter().map(|byte| char::from(b'a' + byte % 26)).collect::<String>()
            };
            let line = format!("{} {} {} {} {}", word(7), word(11), word(13), word(17), word(19));
            miner.learn(Tokens::of(&line).unwrap(), 0);
        }
        assert!(miner.into_clusters().len() <= CLUSTERS_MAX);
    }
}
