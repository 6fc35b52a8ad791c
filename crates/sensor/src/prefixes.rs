//! Path prefixes to the byte automaton that the probes walk (`bpf/filter.h`). It may accept too
//! much, never too little: what does not fit is cut or merged.

use std::collections::BTreeMap;

use kernel_probes::{
    abi::{STEP_ACCEPT_READ, STEP_ACCEPT_WRITE},
    limits::{PREFIX_BYTES_MAX, PREFIX_CLASSES_MAX, PREFIX_STATES_MAX},
};

use crate::maps::PREFIXES_BYTES;

/// State 0 is dead, state 1 the start.
const START: u16 = 1;

/// The automaton as the bytes of one generation of map `prefixes`.
///
/// An empty prefix is every path; the caller asks for all of them in another way.
pub(crate) fn automaton(read: &[Vec<u8>], write: &[Vec<u8>]) -> Box<[u8; PREFIXES_BYTES]> {
    // Shorter prefixes share more states: halve until they fit. One byte each always does, since
    // there are at most as many first bytes as classes.
    let mut cut = PREFIX_BYTES_MAX;
    loop {
        let classes = classes(read.iter().chain(write), cut);
        let mut trie = Trie::default();
        let fits = read.iter().all(|prefix| trie.insert(&classes, prefix, cut, STEP_ACCEPT_READ))
            && write.iter().all(|prefix| trie.insert(&classes, prefix, cut, STEP_ACCEPT_WRITE));
        if fits || cut == 1 {
            return trie.bytes(&classes);
        }
        cut /= 2;
    }
}

/// The class of each byte: 0 for bytes of no prefix, the last one for those that came too late
/// for one of their own.
fn classes<'p>(prefixes: impl Iterator<Item = &'p Vec<u8>>, cut: usize) -> [u8; 256] {
    let mut classes = [0; 256];
    let mut used: u8 = 0;
    for byte in prefixes.flat_map(|prefix| prefix.iter().take(cut)) {
        if let Some(class) = classes.get_mut(usize::from(*byte))
            && *class == 0
        {
            used = used.saturating_add(1).min(PREFIX_CLASSES_MAX as u8 - 1);
            *class = used;
        }
    }
    classes
}

/// Steps by (state, class).
#[derive(Default)]
struct Trie {
    steps: BTreeMap<(u16, u8), u16>,
    states: u16,
}

impl Trie {
    /// Adds a prefix; false when the states are used up.
    fn insert(&mut self, classes: &[u8; 256], prefix: &[u8], cut: usize, accept: u16) -> bool {
        self.states = self.states.max(START + 1);
        let bytes = prefix.get(..prefix.len().min(cut)).unwrap_or(prefix);
        let Some((last, head)) = bytes.split_last() else { return true };
        let class_of = |byte: &u8| classes.get(usize::from(*byte)).copied().unwrap_or(0);
        let mut state = START;
        for byte in head {
            let step = self.steps.entry((state, class_of(byte))).or_insert(0);
            if *step & 0x0fff == 0 {
                if usize::from(self.states) >= PREFIX_STATES_MAX {
                    return false;
                }
                *step |= self.states;
                self.states += 1;
            }
            state = *step & 0x0fff;
        }
        *self.steps.entry((state, class_of(last))).or_insert(0) |= accept;
        true
    }

    fn bytes(&self, classes: &[u8; 256]) -> Box<[u8; PREFIXES_BYTES]> {
        let mut bytes = vec![0; PREFIXES_BYTES];
        if let Some(head) = bytes.get_mut(..classes.len()) {
            head.copy_from_slice(classes);
        }
        for ((state, class), step) in &self.steps {
            let index = usize::from(*state) * PREFIX_CLASSES_MAX + usize::from(*class);
            let start = classes.len() + index * 2;
            if let Some(slot) = bytes.get_mut(start..start + 2) {
                slot.copy_from_slice(&step.to_ne_bytes());
            }
        }
        bytes.into_boxed_slice().try_into().unwrap_or_else(|_| Box::new([0; PREFIXES_BYTES]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the probes do with the automaton.
    fn walk(bytes: &[u8; PREFIXES_BYTES], path: &[u8], accept: u16) -> bool {
        let mut state = START;
        for byte in path.iter().chain([&0]).take(PREFIX_BYTES_MAX) {
            let index = usize::from(state) * PREFIX_CLASSES_MAX + usize::from(bytes[usize::from(*byte)]);
            let step = u16::from_ne_bytes([bytes[256 + index * 2], bytes[257 + index * 2]]);
            if step & accept != 0 {
                return true;
            }
            state = step & 0x0fff;
            if state == 0 {
                return false;
            }
        }
        false
    }

    fn check(read: &[&str], write: &[&str], path: &str, expected: (bool, bool)) {
        let own = |list: &[&str]| list.iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>();
        let bytes = automaton(&own(read), &own(write));
        let found = (
            walk(&bytes, path.as_bytes(), STEP_ACCEPT_READ),
            walk(&bytes, path.as_bytes(), STEP_ACCEPT_WRITE),
        );
        assert_eq!(found, expected, "{path}");
    }

    #[test]
    fn prefixes_are_accepted_for_their_own_way_of_opening() {
        let (read, write) = (["/etc/shadow", "/root/.ssh"], ["/etc/", "/bin"]);
        check(&read, &write, "/etc/shadow", (true, true));
        check(&read, &write, "/etc/hostname", (false, true));
        check(&read, &write, "/etc", (false, false));
        check(&read, &write, "/root/.ssh/id_rsa", (true, false));
        check(&read, &write, "/binary", (false, true));
        check(&read, &write, "/home", (false, false));
        check(&[], &[], "/etc/shadow", (false, false));
    }

    #[test]
    fn a_prefix_of_another_prefix_is_accepted_first() {
        check(&["/a", "/a/b/c"], &["/a/b"], "/a/b/c", (true, true));
        check(&["/a/b/c", "/a"], &[], "/ax", (true, false));
    }

    #[test]
    fn what_does_not_fit_is_cut_and_accepts_more() {
        let many: Vec<Vec<u8>> = (0..4000).map(|n| format!("/some/{n:04}/directory").into_bytes()).collect();
        let bytes = automaton(&many, &[]);
        assert!(many.iter().all(|path| walk(&bytes, path, STEP_ACCEPT_READ)));
        assert!(!walk(&bytes, b"/other", STEP_ACCEPT_READ));
        let every_byte: Vec<Vec<u8>> = (1..=255u8).map(|byte| vec![b'/', byte]).collect();
        let bytes = automaton(&every_byte, &[]);
        assert!(every_byte.iter().all(|path| walk(&bytes, path, STEP_ACCEPT_READ)));
    }
}
