//! The compiled conditions of all rules as one graph: equal checks and equal parts (the same
//! macro in ten rules) are one node, so they are evaluated once per event.

use std::collections::{HashMap, HashSet};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use rule_syntax::{Expr, ExprKind, Operator, Style, print};

use crate::{
    check::{self, Predicate},
    events::CodeSet,
    fields::FieldTable,
    limits::AUTOMATON_BYTES_MAX,
    operand::{Operand, OperandError},
    test::Test,
};

/// Index of a node in [`Program::nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// Index of an operand in [`Program::operands`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperandId(pub u32);

/// All conditions.
#[derive(Debug, Default)]
pub struct Program {
    /// Children stand before their parents.
    pub nodes: Vec<Node>,
    /// Values that checks look at, each extracted at most once per event.
    pub operands: Vec<Operand>,
}

/// A part of a condition.
#[derive(Debug, Clone)]
pub enum Node {
    /// All hold; cheap ones first.
    And(Box<[NodeId]>),
    /// One holds.
    Or(Box<[NodeId]>),
    /// Does not hold.
    Not(NodeId),
    /// A value against constants.
    Test(OperandId, Test),
    /// A value against another.
    Compare(OperandId, Operator, OperandId),
    /// The event's name: by code, and by the extracted name for generic events.
    Event {
        /// Codes that satisfy it.
        codes: CodeSet,
        /// `evt.type`.
        operand: OperandId,
        /// What generic events' names are compared with.
        test: Test,
    },
}

impl Program {
    /// The node of this id.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }

    /// The operand of this id.
    pub fn operand(&self, id: OperandId) -> Option<&Operand> {
        self.operands.get(id.0 as usize)
    }
}

/// Builds the graph, rule by rule.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    pub(crate) program: Program,
    nodes_by_text: HashMap<String, NodeId>,
    operands_by_text: HashMap<String, OperandId>,
}

/// A warning of a check and where it stands.
pub(crate) type Warning = (String, rule_syntax::Span);

impl Builder {
    /// Adds a condition whose macros are in place. All mistakes are collected.
    pub(crate) fn add(
        &mut self,
        expr: &Expr,
        table: FieldTable,
        errors: &mut Vec<OperandError>,
        warnings: &mut Vec<Warning>,
    ) -> Option<NodeId> {
        match &expr.kind {
            ExprKind::And(children) | ExprKind::Or(children) => {
                let is_and = matches!(expr.kind, ExprKind::And(_));
                let mut ids: Vec<Option<NodeId>> =
                    children.iter().map(|child| self.add(child, table, errors, warnings)).collect();
                if ids.iter().any(Option::is_none) {
                    return None;
                }
                let ids = ids.drain(..).flatten().collect();
                Some(if is_and { self.and(ids) } else { self.or(ids) })
            }
            ExprKind::Not(child) => {
                let child = self.add(child, table, errors, warnings)?;
                Some(self.intern(format!("!{}", child.0), || Node::Not(child)))
            }
            ExprKind::Check(check) => {
                let text = print(expr, Style::Exact);
                match check::lower(check, table) {
                    Ok(lowered) => {
                        warnings.extend(lowered.warnings);
                        if let Some(id) = self.nodes_by_text.get(&text) {
                            return Some(*id);
                        }
                        let node = self.predicate(lowered.predicate);
                        Some(self.intern(text, || node))
                    }
                    Err(error) => {
                        errors.push(error);
                        None
                    }
                }
            }
            ExprKind::Macro(_) | ExprKind::Error => None,
        }
    }

    fn predicate(&mut self, predicate: Predicate) -> Node {
        match predicate {
            Predicate::Test(operand, test) => Node::Test(self.operand(operand), test),
            Predicate::Compare(left, operator, right) => {
                let left = self.operand(left);
                Node::Compare(left, operator, self.operand(right))
            }
            Predicate::Event { codes, otherwise } => {
                let (operand, test) = *otherwise;
                Node::Event { codes, operand: self.operand(operand), test }
            }
        }
    }

    fn operand(&mut self, operand: Operand) -> OperandId {
        let text = operand.text().to_owned();
        // Transformers print constants unquoted, so equal texts may differ: compare in full.
        if let Some(id) = self.operands_by_text.get(&text)
            && self.program.operand(*id) == Some(&operand)
        {
            return *id;
        }
        let id = OperandId(self.program.operands.len() as u32);
        self.program.operands.push(operand);
        self.operands_by_text.insert(text, id);
        id
    }

    fn intern(&mut self, text: String, node: impl FnOnce() -> Node) -> NodeId {
        if let Some(id) = self.nodes_by_text.get(&text) {
            return *id;
        }
        let id = NodeId(self.program.nodes.len() as u32);
        self.program.nodes.push(node());
        self.nodes_by_text.insert(text, id);
        id
    }

    fn and(&mut self, mut ids: Vec<NodeId>) -> NodeId {
        dedup(&mut ids);
        // Order does not change the result; the event's name decides most often and costs least.
        ids.sort_by_cached_key(|id| self.cost(*id));
        if let [only] = ids.as_slice() {
            return *only;
        }
        self.intern(key('&', &ids), || Node::And(ids.clone().into()))
    }

    fn or(&mut self, mut ids: Vec<NodeId>) -> NodeId {
        dedup(&mut ids);
        self.merge(&mut ids);
        if let [only] = ids.as_slice() {
            return *only;
        }
        self.intern(key('|', &ids), || Node::Or(ids.clone().into()))
    }

    /// Several prefixes, suffixes, needles or constants of one value become one test.
    fn merge(&mut self, ids: &mut Vec<NodeId>) {
        let mut groups: HashMap<(OperandId, Merge), Vec<NodeId>> = HashMap::new();
        for id in ids.iter() {
            let Some(Node::Test(operand, test)) = self.program.node(*id) else { continue };
            let is_list = self.program.operand(*operand).is_some_and(Operand::is_list);
            if let Some(merge) = Merge::of(test)
                && !is_list
            {
                groups.entry((*operand, merge)).or_default().push(*id);
            }
        }
        let mut groups: Vec<_> = groups.into_iter().filter(|(_, members)| members.len() > 1).collect();
        groups.sort();
        for ((operand, merge), members) in groups {
            let constants = members.iter().flat_map(|id| self.constants(*id)).collect::<Vec<_>>();
            let Some(test) = merge.test(constants) else { continue };
            let merged = self.intern(key('+', &members), || Node::Test(operand, test));
            let members: HashSet<NodeId> = members.into_iter().collect();
            let first = ids.iter().position(|id| members.contains(id)).unwrap_or(0);
            ids.retain(|id| !members.contains(id));
            ids.insert(first.min(ids.len()), merged);
        }
    }

    fn constants(&self, id: NodeId) -> Vec<Box<[u8]>> {
        match self.program.node(id) {
            Some(Node::Test(_, test)) => match test {
                Test::StartsWith(text)
                | Test::EndsWith(text)
                | Test::TextIs(text)
                | Test::ContainsFolded(text) => {
                    vec![text.clone()]
                }
                Test::Contains(finder) => vec![finder.needle().into()],
                Test::TextIn(set) => set.iter().cloned().collect(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// Rough order of evaluation cost.
    fn cost(&self, id: NodeId) -> u32 {
        match self.program.node(id) {
            Some(Node::Event { .. }) => 0,
            Some(Node::Test(_, Test::Bool(_) | Test::Number(..) | Test::BoolNot(_) | Test::NumberIn(_))) => 1,
            Some(Node::Test(_, Test::Exists | Test::TextIs(_) | Test::TextIsNot(_) | Test::TextIn(_))) => 2,
            Some(Node::Test(_, Test::StartsWith(_) | Test::StartsWithAny(_) | Test::EndsWith(_))) => 2,
            Some(Node::Test(_, Test::Regex(_))) => 8,
            Some(Node::Test(..)) => 3,
            Some(Node::Compare(..)) => 4,
            Some(Node::Not(child)) => self.cost(*child),
            Some(Node::And(children)) => children.first().map_or(5, |first| self.cost(*first).max(2)),
            Some(Node::Or(children)) => 3 + children.len().min(3) as u32,
            None => 9,
        }
    }
}

/// Tests that one test can stand for when any of them may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Merge {
    Constants,
    Prefixes,
    Suffixes,
    Needles,
    FoldedNeedles,
}

impl Merge {
    fn of(test: &Test) -> Option<Merge> {
        match test {
            Test::TextIs(_) | Test::TextIn(_) => Some(Merge::Constants),
            Test::StartsWith(_) => Some(Merge::Prefixes),
            Test::EndsWith(_) => Some(Merge::Suffixes),
            Test::Contains(_) => Some(Merge::Needles),
            Test::ContainsFolded(_) => Some(Merge::FoldedNeedles),
            _ => None,
        }
    }

    fn test(self, constants: Vec<Box<[u8]>>) -> Option<Test> {
        let automaton = |is_folded: bool| {
            let mut builder = AhoCorasick::builder();
            builder.ascii_case_insensitive(is_folded).kind(Some(AhoCorasickKind::DFA));
            builder.build(&constants).ok().map(Box::new)
        };
        let size: usize = constants.iter().map(|constant| constant.len()).sum();
        match self {
            Merge::Constants => Some(Test::TextIn(constants.into_iter().collect())),
            Merge::Prefixes => Some(prefixes(constants)),
            Merge::Suffixes => Some(Test::EndsWithAny(constants)),
            // The automaton's table grows with the needles; huge sets stay single tests.
            Merge::Needles | Merge::FoldedNeedles if size > AUTOMATON_BYTES_MAX => None,
            // Two searches for one needle each are faster than the automaton.
            Merge::Needles if constants.len() < 3 => None,
            Merge::Needles => automaton(false).map(Test::ContainsAny),
            Merge::FoldedNeedles => automaton(true).map(Test::ContainsFoldedAny),
        }
    }
}

/// Sorted, without those that another one covers.
fn prefixes(mut all: Vec<Box<[u8]>>) -> Test {
    all.sort();
    let mut kept: Vec<Box<[u8]>> = Vec::new();
    for prefix in all {
        if !kept.last().is_some_and(|last| prefix.starts_with(last)) {
            kept.push(prefix);
        }
    }
    Test::StartsWithAny(kept)
}

fn dedup(ids: &mut Vec<NodeId>) {
    let mut seen = HashSet::new();
    ids.retain(|id| seen.insert(*id));
}

fn key(kind: char, ids: &[NodeId]) -> String {
    let mut text = String::from(kind);
    for id in ids {
        text.push_str(&id.0.to_string());
        text.push(',');
    }
    text
}
