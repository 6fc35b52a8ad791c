//! Evaluation of conditions on one event, each part at most once.
//!
//! Results are remembered in vectors of stamps: a stamp from an earlier event is as good as none,
//! so nothing is cleared between events and nothing is allocated once the vectors have their size.

use event::{FieldSource, Value};
use rule_compiler::{Node, NodeId, OperandId, Program, compare};

use crate::{
    plan::{END, MATCH, NONE, Plan, TRUE},
    words::{Accepted, UNKNOWN, Words},
};

/// What outlives one event.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    /// Counts events in 31 bits; stamps of other events are stale.
    epoch: u32,
    /// Per node: epoch, and the result in the lowest bit.
    results: Vec<u32>,
    /// Per operand: epoch, and where its value stands in `values`.
    slots: Vec<(u32, u32)>,
    /// Per operand: epoch, and the number of its text among the constants.
    numbers: Vec<(u32, u32)>,
    /// Allocation of the values, empty between events.
    values: Vec<Option<Value<'static>>>,
}

impl Cache {
    /// Fits the cache to a program and forgets all.
    pub(crate) fn reset(&mut self, program: &Program) {
        *self = Cache {
            epoch: 0,
            results: vec![0; program.nodes.len()],
            slots: vec![(0, 0); program.operands.len()],
            numbers: vec![(0, 0); program.operands.len()],
            values: Vec::with_capacity(program.operands.len().min(256)),
        };
    }

    /// Starts an event.
    pub(crate) fn begin<'s, 'p, S: FieldSource>(
        &'p mut self,
        program: &'p Program,
        words: &'p Words,
        source: &'s S,
    ) -> Evaluation<'s, 'p, S> {
        self.epoch += 1;
        if self.epoch >> 31 != 0 {
            // After two billion events old stamps could look new.
            self.results.fill(0);
            self.slots.fill((0, 0));
            self.numbers.fill((0, 0));
            self.epoch = 1;
        }
        let values = recycle(std::mem::take(&mut self.values));
        Evaluation { cache: self, program, words, source, values }
    }
}

/// Keeps the allocation of a vector while its values get another lifetime: the standard library
/// collects an emptied vector in place.
fn recycle<'a, 'b>(mut values: Vec<Option<Value<'a>>>) -> Vec<Option<Value<'b>>> {
    values.clear();
    values.into_iter().map(|_| None).collect()
}

/// One event being evaluated.
pub(crate) struct Evaluation<'s, 'p, S> {
    cache: &'p mut Cache,
    program: &'p Program,
    words: &'p Words,
    source: &'s S,
    values: Vec<Option<Value<'s>>>,
}

impl<S: FieldSource> Evaluation<'_, '_, S> {
    /// The position of the next rule that matches, from the step `at` on.
    pub(crate) fn next_match(&mut self, plan: &Plan, mut at: u32) -> Option<usize> {
        loop {
            if at & MATCH != 0 {
                return (at != END).then_some((at & !MATCH) as usize);
            }
            at = self.step(plan, at);
        }
    }

    /// The result of a single test.
    pub(crate) fn result(&mut self, node: u32) -> bool {
        let epoch = self.cache.epoch;
        match self.cache.results.get(node as usize) {
            Some(stamp) if stamp >> 1 == epoch => stamp & 1 == 1,
            _ => self.test(node),
        }
    }

    /// Makes one test and gives the next step.
    fn step(&mut self, plan: &Plan, at: u32) -> u32 {
        let Some(step) = plan.steps.get(at as usize) else { return END };
        let epoch = self.cache.epoch;
        let result = match self.cache.results.get(step.node as usize) {
            Some(stamp) if stamp >> 1 == epoch => stamp & 1 == 1,
            _ => {
                let result =
                    if step.unit == NONE { self.test(step.node) } else { self.unit(plan, step.unit) };
                if let Some(stamp) = self.cache.results.get_mut(step.node as usize) {
                    *stamp = epoch << 1 | u32::from(result);
                }
                result
            }
        };
        if result { step.on_true } else { step.on_false }
    }

    /// Runs the code of a shared part. Units nest as deep as conditions do.
    fn unit(&mut self, plan: &Plan, mut at: u32) -> bool {
        while at & MATCH == 0 {
            at = self.step(plan, at);
        }
        at == TRUE
    }

    /// The result of a test, by number of the text where that is prepared.
    fn test(&mut self, node: u32) -> bool {
        let words = self.words;
        if let Some(accepted) = words.accepted(node)
            && let Some(result) = self.by_number(accepted)
        {
            return result;
        }
        self.leaf(NodeId(node))
    }

    /// `None` for a value that is no single text.
    fn by_number(&mut self, accepted: &Accepted) -> Option<bool> {
        let index = accepted.operand as usize;
        let epoch = self.cache.epoch;
        let known = self.cache.numbers.get(index).filter(|known| known.0 == epoch).map(|known| known.1);
        let number = match known {
            Some(number) => number,
            None => {
                let words = self.words;
                let number = match self.value(OperandId(accepted.operand)) {
                    None => return Some(false),
                    Some(Value::Text(text) | Value::Bytes(text)) => words.number(accepted.operand, text),
                    Some(_) => return None,
                };
                if let Some(known) = self.cache.numbers.get_mut(index) {
                    *known = (epoch, number);
                }
                number
            }
        };
        debug_assert!(number == UNKNOWN || number < MATCH);
        Some(accepted.has(number))
    }

    /// Whether the condition holds, by walking its tree: what the plans are measured against, and
    /// how a single rule's cost is taken. Recursion is bounded by the parser's depth of trees.
    pub(crate) fn holds(&mut self, id: NodeId) -> bool {
        let index = id.0 as usize;
        let epoch = self.cache.epoch;
        if let Some(stamp) = self.cache.results.get(index)
            && stamp >> 1 == epoch
        {
            return stamp & 1 == 1;
        }
        let program = self.program;
        let result = match program.node(id) {
            Some(Node::And(children)) => children.iter().all(|child| self.holds(*child)),
            Some(Node::Or(children)) => children.iter().any(|child| self.holds(*child)),
            Some(Node::Not(child)) => !self.holds(*child),
            _ => self.leaf(id),
        };
        if let Some(stamp) = self.cache.results.get_mut(index) {
            *stamp = epoch << 1 | u32::from(result);
        }
        result
    }

    fn leaf(&mut self, id: NodeId) -> bool {
        let program = self.program;
        match program.node(id) {
            Some(Node::Test(operand, test)) => self.value(*operand).is_some_and(|value| test.holds(value)),
            Some(Node::Event { codes, operand, test }) => {
                let code = self.source.code();
                if code.name() == "syscall" {
                    self.value(*operand).is_some_and(|value| test.holds(value))
                } else {
                    codes.contains(code)
                }
            }
            Some(Node::Compare(left, operator, right)) => {
                self.value(*left);
                self.value(*right);
                match (self.extracted(*left), self.extracted(*right)) {
                    (Some(left), Some(right)) => compare(*operator, left, right),
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// The value of an operand, extracted at the first call; `None` when it is missing.
    fn value(&mut self, id: OperandId) -> Option<&Value<'_>> {
        let (program, source, epoch) = (self.program, self.source, self.cache.epoch);
        let slot = self.cache.slots.get_mut(id.0 as usize)?;
        if slot.0 != epoch {
            *slot = (epoch, self.values.len() as u32);
            self.values.push(program.operand(id)?.evaluate(source));
        }
        self.values.get(slot.1 as usize)?.as_ref()
    }

    fn extracted(&self, id: OperandId) -> Option<&Value<'_>> {
        let slot = self.cache.slots.get(id.0 as usize).filter(|slot| slot.0 == self.cache.epoch)?;
        self.values.get(slot.1 as usize)?.as_ref()
    }
}

impl<S> Drop for Evaluation<'_, '_, S> {
    fn drop(&mut self) {
        self.cache.values = recycle(std::mem::take(&mut self.values));
    }
}
