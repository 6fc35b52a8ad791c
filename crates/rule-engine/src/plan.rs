//! What is evaluated on events of one code: all candidate rules as one program of tests and jumps.
//!
//! Conditions are first simplified for the code: tests of the event's name, of arguments it does
//! not have and of open modes on what opens nothing are known, and whole rules fall away. Then
//! each rule becomes tests with two jumps each, those first that are cheap and likely to decide; a jump to a test whose result
//! is known goes on from there. Parts that several rules share are units of their own, evaluated
//! once per event.

use std::collections::HashMap;

use event::{EVENTS, EventCode, event_code, field_id};
use rule_compiler::{
    FastHash, FieldRef, Node, NodeId, Operand, Operator, OwnedArgument, Program, Rule, Test,
};

use crate::{chances::Chances, cost};

/// No rule is left.
pub(crate) const END: u32 = u32::MAX;
/// A unit holds.
pub(crate) const TRUE: u32 = u32::MAX - 1;
/// A unit does not hold.
pub(crate) const FALSE: u32 = u32::MAX - 2;
/// Set in jumps that say: the rule at this position matches.
pub(crate) const MATCH: u32 = 1 << 31;
/// Not a unit with code of its own.
pub(crate) const NONE: u32 = u32::MAX;

/// Shared parts with fewer tests are repeated instead of remembered: their tests are remembered.
const UNIT_TESTS_MIN: u32 = 3;

/// A test and where to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// Node of the program whose result this is.
    pub(crate) node: u32,
    /// Where a unit's own code starts; [`NONE`] for a test.
    pub(crate) unit: u32,
    pub(crate) on_true: u32,
    pub(crate) on_false: u32,
}

/// The program of one event code.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    /// Where the rule at each position starts; one more entry, [`END`], closes it.
    pub(crate) starts: Vec<u32>,
    /// Indices of the rules at each position.
    pub(crate) rules: Vec<u32>,
}

impl Plan {
    /// The program for events of `code`, for those of `candidates` that can match it.
    pub(crate) fn new(
        program: &Program,
        rules: &[Rule],
        candidates: &[u32],
        code: EventCode,
        chances: &Chances,
    ) -> Plan {
        let known = HashMap::default();
        let mut simplifier = Simplifier { program, code, chances, parts: Vec::new(), known };
        let mut roots = Vec::new();
        for index in candidates {
            let Some(rule) = rules.get(*index as usize) else { continue };
            match simplifier.part(rule.node) {
                Known::False => {}
                part => roots.push((*index, part)),
            }
        }
        let mut uses = vec![0u32; simplifier.parts.len()];
        for (_, part) in &roots {
            simplifier.count(*part, &mut uses);
        }
        let mut writer = Writer {
            parts: simplifier.parts,
            uses,
            plan: Plan { starts: vec![END; roots.len() + 1], ..Plan::default() },
            units: HashMap::default(),
        };
        for (position, (_, part)) in roots.iter().enumerate().rev() {
            let next = writer.plan.starts.get(position + 1).copied().unwrap_or(END);
            let start = writer.write(*part, MATCH | position as u32, next);
            if let Some(slot) = writer.plan.starts.get_mut(position) {
                *slot = start;
            }
        }
        writer.plan.rules = roots.into_iter().map(|(index, _)| index).collect();
        writer.plan
    }
}

/// What is known of a part at events of the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    True,
    False,
    /// Index of the simplified part.
    Part(u32),
}

/// A simplified part.
#[derive(Debug, Clone)]
struct Part {
    node: NodeId,
    shape: Shape,
    measure: Measure,
    /// Tests below, counted with repetition up to a bound.
    tests: u32,
}

/// What a part is expected to cost, and how often it holds.
#[derive(Debug, Clone, Copy, Default)]
struct Measure {
    cost: f64,
    chance: f64,
}

impl Measure {
    /// Low for what should be tried early: cheap, and likely to end a conjunction (or, with `is_and`
    /// false, an alternative).
    fn rank(self, is_and: bool) -> u64 {
        let ends = if is_and { 1.0 - self.chance } else { self.chance };
        (self.cost * 1_000.0 / ends.max(0.001)) as u64
    }
}

#[derive(Debug, Clone)]
enum Shape {
    Test,
    Not(u32),
    And(Vec<u32>),
    Or(Vec<u32>),
}

struct Simplifier<'p> {
    program: &'p Program,
    code: EventCode,
    chances: &'p Chances,
    parts: Vec<Part>,
    known: HashMap<NodeId, Known, FastHash>,
}

impl Simplifier<'_> {
    /// Recursion is bounded by the compiler's depth of trees.
    fn part(&mut self, id: NodeId) -> Known {
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        let known = match self.program.node(id) {
            None => Known::False,
            Some(Node::Not(child)) => match self.part(*child) {
                Known::True => Known::False,
                Known::False => Known::True,
                Known::Part(child) => {
                    let (measure, tests) = self.measure(child);
                    let measure = Measure { chance: 1.0 - measure.chance, ..measure };
                    self.add(id, Shape::Not(child), measure, tests)
                }
            },
            Some(Node::And(children)) => self.group(id, children, true),
            Some(Node::Or(children)) => self.group(id, children, false),
            Some(Node::Event { codes, .. }) => {
                if matches!(self.code, event_code::GENERIC_E | event_code::GENERIC_X) {
                    self.add(id, Shape::Test, self.measure_test(id, 1), 1)
                } else if codes.contains(self.code) {
                    Known::True
                } else {
                    Known::False
                }
            }
            Some(Node::Test(operand, test)) => match self.program.operand(*operand) {
                Some(operand) if !self.is_impossible(operand, test) => {
                    self.add(id, Shape::Test, self.measure_test(id, cost::of_test(operand, test)), 1)
                }
                _ => Known::False,
            },
            Some(Node::Compare(left, _, right)) => {
                let operands = [left, right].map(|operand| self.program.operand(*operand));
                let cost: u32 = operands.iter().flatten().map(|operand| cost::of_operand(operand)).sum();
                self.add(id, Shape::Test, self.measure_test(id, cost + 1), 1)
            }
        };
        self.known.insert(id, known);
        known
    }

    fn group(&mut self, id: NodeId, children: &[NodeId], is_and: bool) -> Known {
        let (neutral, decisive) =
            if is_and { (Known::True, Known::False) } else { (Known::False, Known::True) };
        let mut kept = Vec::with_capacity(children.len());
        for child in children {
            match self.part(*child) {
                known if known == decisive => return decisive,
                Known::Part(part) => self.keep(part, is_and, &mut kept),
                _ => {}
            }
        }
        // Each once.
        kept.sort_unstable();
        kept.dedup();
        match kept.as_slice() {
            [] => return neutral,
            [only] => return Known::Part(*only),
            _ => {}
        }
        // Order does not change the result; equal parts stand in equal order in all rules.
        kept.sort_by_cached_key(|part| (self.measure(*part).0.rank(is_and), *part));
        let (mut cost, mut reached, mut tests) = (0.0, 1.0, 0u32);
        for part in &kept {
            let (measure, below) = self.measure(*part);
            cost += measure.cost * reached;
            reached *= if is_and { measure.chance } else { 1.0 - measure.chance };
            tests = tests.saturating_add(below);
        }
        let measure = Measure { cost, chance: if is_and { reached } else { 1.0 - reached } };
        self.add(id, if is_and { Shape::And(kept) } else { Shape::Or(kept) }, measure, tests)
    }

    /// Adds a part of a group. A conjunction inside of a conjunction is taken apart, so that its
    /// tests can stand where they are worth most.
    fn keep(&self, part: u32, is_and: bool, kept: &mut Vec<u32>) {
        match self.parts.get(part as usize).map(|part| &part.shape) {
            Some(Shape::And(inner)) if is_and => kept.extend(inner),
            _ => kept.push(part),
        }
    }

    fn measure_test(&self, node: NodeId, cost: u32) -> Measure {
        Measure { cost: f64::from(cost.max(1)), chance: self.chances.of(self.program, node) }
    }

    fn add(&mut self, node: NodeId, shape: Shape, measure: Measure, tests: u32) -> Known {
        let index = self.parts.len() as u32;
        self.parts.push(Part { node, shape, measure, tests });
        Known::Part(index)
    }

    fn measure(&self, part: u32) -> (Measure, u32) {
        self.parts.get(part as usize).map_or_else(Default::default, |part| (part.measure, part.tests))
    }

    /// Counts how often each part is used, the parts below a part once.
    fn count(&self, known: Known, uses: &mut [u32]) {
        let mut stack = match known {
            Known::Part(part) => vec![part],
            _ => Vec::new(),
        };
        while let Some(index) = stack.pop() {
            let Some(count) = uses.get_mut(index as usize) else { continue };
            *count += 1;
            if *count > 1 {
                continue;
            }
            match self.parts.get(index as usize).map(|part| &part.shape) {
                Some(Shape::Not(child)) => stack.push(*child),
                Some(Shape::And(children) | Shape::Or(children)) => stack.extend(children),
                _ => {}
            }
        }
    }

    /// Whether the test is false at every event of the code.
    fn is_impossible(&self, operand: &Operand, test: &Test) -> bool {
        let Operand::Field(field) = operand else { return false };
        let Some(id) = field.id else { return !field.is_direction() };
        match id {
            // Events are counted from one.
            field_id::EVT_NUM => matches!(test, Test::Number(Operator::Eq, Some(0))),
            field_id::EVT_IS_OPEN_READ
            | field_id::EVT_IS_OPEN_WRITE
            | field_id::EVT_IS_OPEN_EXEC
            | field_id::EVT_IS_OPEN_CREATE => matches!(test, Test::Bool(true)) && !self.opens(),
            field_id::EVT_ARG | field_id::EVT_RAWARG => self.lacks_argument(field),
            _ => false,
        }
    }

    fn opens(&self) -> bool {
        matches!(self.code.name(), "open" | "openat" | "openat2" | "creat" | "open_by_handle_at" | "syscall")
    }

    fn lacks_argument(&self, field: &FieldRef) -> bool {
        let OwnedArgument::Key(name) = &field.argument else { return false };
        EVENTS
            .get(usize::from(self.code.0))
            .is_some_and(|event| !event.params.iter().any(|param| param.name == name))
    }
}

struct Writer {
    parts: Vec<Part>,
    uses: Vec<u32>,
    plan: Plan,
    /// Where the code of a shared part starts.
    units: HashMap<u32, u32, FastHash>,
}

impl Writer {
    /// Writes a part and gives its first step. Recursion is bounded as the parts are.
    fn write(&mut self, known: Known, on_true: u32, on_false: u32) -> u32 {
        match known {
            Known::True => on_true,
            Known::False => on_false,
            Known::Part(part) => self.write_part(part, on_true, on_false),
        }
    }

    fn write_part(&mut self, index: u32, on_true: u32, on_false: u32) -> u32 {
        let Some(part) = self.parts.get(index as usize).cloned() else { return on_false };
        if let Shape::Not(child) = part.shape {
            return self.write_part(child, on_false, on_true);
        }
        if matches!(part.shape, Shape::Test) {
            return self.step(part.node, NONE, on_true, on_false);
        }
        let is_shared = self.uses.get(index as usize).is_some_and(|uses| *uses > 1);
        if is_shared && part.tests >= UNIT_TESTS_MIN {
            let unit = match self.units.get(&index) {
                Some(start) => *start,
                None => {
                    let start = self.write_group(&part.shape, TRUE, FALSE);
                    self.units.insert(index, start);
                    start
                }
            };
            return self.step(part.node, unit, on_true, on_false);
        }
        self.write_group(&part.shape, on_true, on_false)
    }

    fn write_group(&mut self, shape: &Shape, mut on_true: u32, mut on_false: u32) -> u32 {
        match shape {
            Shape::And(children) => {
                for child in children.iter().rev() {
                    on_true = self.write_part(*child, on_true, on_false);
                }
                on_true
            }
            Shape::Or(children) => {
                for child in children.iter().rev() {
                    on_false = self.write_part(*child, on_true, on_false);
                }
                on_false
            }
            Shape::Test | Shape::Not(_) => on_false,
        }
    }

    fn step(&mut self, node: NodeId, unit: u32, on_true: u32, on_false: u32) -> u32 {
        let on_true = self.beyond(node.0, on_true, true);
        let on_false = self.beyond(node.0, on_false, false);
        if on_true == on_false {
            return on_true;
        }
        self.plan.steps.push(Step { node: node.0, unit, on_true, on_false });
        self.plan.steps.len() as u32 - 1
    }

    /// Where a jump leads when the result of `node` is known.
    fn beyond(&self, node: u32, mut target: u32, result: bool) -> u32 {
        while let Some(step) = self.plan.steps.get(target as usize).filter(|step| step.node == node) {
            target = if result { step.on_true } else { step.on_false };
        }
        target
    }
}
