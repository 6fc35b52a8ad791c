//! How often tests hold, learned from events: the order of tests within conditions follows it.
//! Order never changes a result, so what is learned can only be more or less fast.

use event::{FieldSource, field_id};
use rule_compiler::{Node, NodeId, Operand, Program, Test};

use crate::{
    cost,
    evaluate::Evaluation,
    plan::{NONE, Plan},
};

/// Events of one code between two that are looked at while learning.
pub(crate) const LOOK_EVERY: u32 = 16;
/// Events looked at before the tests are put in order.
const LOOKS: u32 = 128;
/// Events of one code after which the order is learned anew: loads change.
pub(crate) const LEARN_AGAIN_AFTER: u32 = 1 << 20;
/// Values dearer than this (names of hosts, say) are never taken just to learn.
const COST_MAX: u32 = 30;

/// Chances of the tests of a program.
#[derive(Debug, Default, Clone)]
pub(crate) struct Chances {
    /// Per node: how many of 256 events it holds on; above for not known.
    known: Vec<u16>,
}

impl Chances {
    /// The chance of a test, between 0 and 1, never quite either.
    pub(crate) fn of(&self, program: &Program, node: NodeId) -> f64 {
        match self.known.get(node.0 as usize) {
            Some(known) if *known <= 256 => (f64::from(*known) / 256.0).clamp(0.002, 0.998),
            _ => guess(program, node),
        }
    }
}

/// What is counted while learning.
#[derive(Debug)]
pub(crate) struct Learning {
    looks: u32,
    /// Per node: events it held on.
    held: Vec<u32>,
    seen: Vec<bool>,
    /// Per node: the look that counted it last.
    last: Vec<u32>,
}

impl Learning {
    pub(crate) fn new(program: &Program) -> Learning {
        let count = program.nodes.len();
        Learning { looks: 0, held: vec![0; count], seen: vec![false; count], last: vec![0; count] }
    }

    /// Makes all tests of a plan on this event; the chances when enough was seen.
    pub(crate) fn look<S: FieldSource>(
        &mut self,
        plan: &Plan,
        program: &Program,
        evaluation: &mut Evaluation<'_, '_, S>,
    ) -> Option<Chances> {
        self.looks += 1;
        for step in plan.steps.iter().filter(|step| step.unit == NONE) {
            let index = step.node as usize;
            let (Some(held), Some(seen), Some(last)) =
                (self.held.get_mut(index), self.seen.get_mut(index), self.last.get_mut(index))
            else {
                continue;
            };
            // A test that stands in several rules counts once an event.
            if *last == self.looks || (!*seen && cost_of(program, step.node) > COST_MAX) {
                continue;
            }
            (*seen, *last) = (true, self.looks);
            *held += u32::from(evaluation.result(step.node));
        }
        if self.looks < LOOKS {
            return None;
        }
        let chance = |(held, seen): (&u32, &bool)| match seen {
            true => (held * 256 / self.looks).min(256) as u16,
            false => u16::MAX,
        };
        Some(Chances { known: self.held.iter().zip(&self.seen).map(chance).collect() })
    }
}

fn cost_of(program: &Program, node: u32) -> u32 {
    match program.node(NodeId(node)) {
        Some(Node::Test(operand, _)) => program.operand(*operand).map_or(0, cost::of_operand),
        Some(Node::Compare(left, _, right)) => {
            [left, right].iter().filter_map(|operand| program.operand(**operand)).map(cost::of_operand).sum()
        }
        _ => 0,
    }
}

/// Before anything was seen.
fn guess(program: &Program, node: NodeId) -> f64 {
    let Some(Node::Test(operand, test)) = program.node(node) else { return 0.3 };
    if let Some(Operand::Field(field)) = program.operand(*operand)
        && matches!(field.id, Some(field_id::FD_TYPECHAR | field_id::FD_NUM))
    {
        return 0.9;
    }
    match test {
        Test::Bool(_) | Test::BoolIn { .. } | Test::Number(..) => 0.5,
        Test::Exists | Test::TextIsNot(_) | Test::IpNot(_) | Test::NetNot(_) => 0.9,
        _ => 0.05,
    }
}
