//! The order of blocks. A block is known by its bounds before it is loaded, and by its rows
//! after; filtered rows may lie far inside the bounds. So a loaded block waits until no block
//! that is still to be loaded can have a row that must come first.

use log_record::Direction;

/// Blocks by the key that orders them: their newest row backward, their oldest forward. Keys are
/// turned round for backward, so that the smallest always goes first.
#[derive(Debug)]
pub(crate) struct Order<P, L> {
    direction: Direction,
    /// Sorted so that the next one is last.
    pending: Vec<(i64, P)>,
    /// Few: only blocks that overlap in time wait here.
    loaded: Vec<(i64, L)>,
}

/// What to do next.
#[derive(Debug)]
pub(crate) enum Step<P, L> {
    Load(P),
    Deliver(L),
}

impl<P, L> Order<P, L> {
    /// `blocks` with their oldest and newest row, in arrival order.
    pub(crate) fn new(direction: Direction, blocks: impl IntoIterator<Item = (i64, i64, P)>) -> Self {
        let mut order = Order { direction, pending: Vec::new(), loaded: Vec::new() };
        for (oldest, newest, block) in blocks {
            let key = order.key(oldest, newest);
            order.pending.push((key, block));
        }
        order.pending.sort_by_key(|(key, _)| *key);
        order.pending.reverse();
        order
    }

    fn key(&self, oldest: i64, newest: i64) -> i64 {
        match self.direction {
            Direction::Forward => oldest,
            // Not negated: the smallest number has no opposite.
            Direction::Backward => !newest,
        }
    }

    /// Gives back a block that was loaded, with the bounds of the rows that passed.
    pub(crate) fn put(&mut self, oldest: i64, newest: i64, block: L) {
        let key = self.key(oldest, newest);
        self.loaded.push((key, block));
    }

    pub(crate) fn next(&mut self) -> Option<Step<P, L>> {
        let first =
            self.loaded.iter().enumerate().min_by_key(|(_, (key, _))| *key).map(|(at, (key, _))| (at, *key));
        let bound = self.pending.last().map(|(key, _)| *key);
        match (first, bound) {
            (Some((at, key)), Some(bound)) if key <= bound => Some(Step::Deliver(self.loaded.remove(at).1)),
            (Some((at, _)), None) => Some(Step::Deliver(self.loaded.remove(at).1)),
            _ => self.pending.pop().map(|(_, block)| Step::Load(block)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks as (bounds, rows that pass); gives the order of delivery.
    fn check(direction: Direction, blocks: &[(i64, i64, i64, i64)], expected: &[i64]) {
        let given = blocks.iter().map(|block| (block.0, block.1, *block));
        let mut order = Order::new(direction, given);
        let mut delivered = Vec::new();
        while let Some(step) = order.next() {
            match step {
                Step::Load((_, _, oldest, newest)) => order.put(oldest, newest, (oldest, newest)),
                Step::Deliver((oldest, newest)) => {
                    delivered.push(if direction == Direction::Forward { oldest } else { newest });
                }
            }
        }
        assert_eq!(delivered, expected);
    }

    #[test]
    fn rows_decide_not_bounds() {
        let blocks = [(0, 100, 40, 50), (10, 90, 20, 90), (60, 70, 60, 70)];
        check(Direction::Backward, &blocks, &[90, 70, 50]);
        check(Direction::Forward, &blocks, &[20, 40, 60]);
        check(Direction::Backward, &[(i64::MIN, i64::MIN, i64::MIN, i64::MIN)], &[i64::MIN]);
    }
}
