//! Constants that a value is compared with for equality, numbered: one look-up in one table
//! answers every `=`, `!=` and `in` on that value.

use std::collections::HashMap;

use rule_compiler::{FastHash, Node, Program, Test};

/// Fewer tests of equality on one value are made one by one.
const TESTS_MIN: usize = 3;

/// The tables of a program.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// Per operand: the numbers of its constants; empty where tests are made one by one.
    tables: Vec<HashMap<Box<[u8]>, u32, FastHash>>,
    /// Per node: what of its operand's constants it accepts.
    accepted: Vec<Option<Accepted>>,
}

/// A set of numbers of constants.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) operand: u32,
    is_negated: bool,
    /// One bit a constant.
    bits: Box<[u64]>,
}

/// The number of a text that is no constant.
pub(crate) const UNKNOWN: u32 = u32::MAX;

impl Words {
    pub(crate) fn new(program: &Program) -> Words {
        let mut counts = vec![0usize; program.operands.len()];
        for node in &program.nodes {
            if let Node::Test(operand, test) = node
                && constants(test).is_some()
                && let Some(count) = counts.get_mut(operand.0 as usize)
            {
                *count += 1;
            }
        }
        let mut words = Words { tables: vec![HashMap::default(); counts.len()], accepted: Vec::new() };
        let mut numbered = Vec::with_capacity(program.nodes.len());
        for node in &program.nodes {
            let found = match node {
                Node::Test(operand, test)
                    if counts.get(operand.0 as usize).is_some_and(|count| *count >= TESTS_MIN) =>
                {
                    constants(test).map(|texts| (operand.0, texts, matches!(test, Test::TextIsNot(_))))
                }
                _ => None,
            };
            numbered.push(found.map(|(operand, texts, is_negated)| {
                let table = words.tables.get_mut(operand as usize);
                let numbers: Vec<u32> = match table {
                    Some(table) => texts
                        .into_iter()
                        .map(|text| {
                            let next = table.len() as u32;
                            *table.entry(text.into()).or_insert(next)
                        })
                        .collect(),
                    None => Vec::new(),
                };
                (operand, numbers, is_negated)
            }));
        }
        words.accepted = numbered
            .into_iter()
            .map(|found| {
                let (operand, numbers, is_negated) = found?;
                let length = numbers.iter().max().map_or(0, |number| *number as usize / 64 + 1);
                let mut bits = vec![0u64; length].into_boxed_slice();
                for number in numbers {
                    if let Some(word) = bits.get_mut(number as usize / 64) {
                        *word |= 1 << (number % 64);
                    }
                }
                Some(Accepted { operand, is_negated, bits })
            })
            .collect();
        words
    }

    /// What a node accepts; `None` for a node that is no such test.
    pub(crate) fn accepted(&self, node: u32) -> Option<&Accepted> {
        self.accepted.get(node as usize)?.as_ref()
    }

    /// The number of a text among an operand's constants.
    pub(crate) fn number(&self, operand: u32, text: &[u8]) -> u32 {
        self.tables.get(operand as usize).and_then(|table| table.get(text)).copied().unwrap_or(UNKNOWN)
    }
}

impl Accepted {
    pub(crate) fn has(&self, number: u32) -> bool {
        let word = self.bits.get(number as usize / 64).copied().unwrap_or(0);
        (word >> (number % 64) & 1 == 1) != self.is_negated
    }
}

fn constants(test: &Test) -> Option<Vec<&[u8]>> {
    match test {
        Test::TextIs(text) | Test::TextIsNot(text) => Some(vec![&**text]),
        Test::TextIn(set) => Some(set.iter().map(|text| &**text).collect()),
        _ => None,
    }
}
