//! Evaluation of conditions on one event, each part at most once.
//!
//! Results are remembered in a vector of stamps: a stamp from an earlier event is as good as
//! none, so nothing is cleared between events and nothing is allocated once the vectors have
//! their size.

use event::{FieldSource, Value};
use rule_compiler::{Node, NodeId, OperandId, Program, compare};

/// What outlives one event.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    /// Counts events; stamps of other events are stale.
    epoch: u32,
    /// Per node: epoch, and the result in the lowest bit.
    results: Vec<u64>,
    /// Per operand: epoch, and where its value stands in `values`.
    slots: Vec<(u32, u32)>,
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
            values: Vec::with_capacity(program.operands.len().min(256)),
        };
    }

    /// Starts an event.
    pub(crate) fn begin<'s, 'p, S: FieldSource>(
        &'p mut self,
        program: &'p Program,
        source: &'s S,
    ) -> Evaluation<'s, 'p, S> {
        self.epoch = self.epoch.wrapping_add(1);
        if self.epoch == 0 {
            // After four billion events old stamps could look new.
            self.results.fill(0);
            self.slots.fill((0, 0));
            self.epoch = 1;
        }
        let values = recycle(std::mem::take(&mut self.values));
        Evaluation { cache: self, program, source, values }
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
    source: &'s S,
    values: Vec<Option<Value<'s>>>,
}

impl<S: FieldSource> Evaluation<'_, '_, S> {
    /// Whether the condition holds. Recursion is bounded by the parser's depth of trees.
    pub(crate) fn holds(&mut self, id: NodeId) -> bool {
        let index = id.0 as usize;
        let epoch = u64::from(self.cache.epoch);
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
            None => false,
        };
        if let Some(stamp) = self.cache.results.get_mut(index) {
            *stamp = epoch << 1 | u64::from(result);
        }
        result
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
