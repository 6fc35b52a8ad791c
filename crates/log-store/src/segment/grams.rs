//! The text filter of a block: which sequences of four bytes (ASCII letters in lower case) occur
//! in its lines. A block that lacks one sequence of a needle lacks the needle, wherever in a word
//! it stands; so the filter is sound for parts of words, which a filter of whole words is not.
//! One hash and one bit per sequence: a needle asks for many of them.

use log_record::RowTests;

/// Bits while a block is collected; folded down afterwards.
const BITS_MAX: usize = 1 << 19;

/// No filter is smaller than this.
const BITS_MIN: usize = 1 << 10;

/// Share of set bits, in percent, above which a filter is not folded further.
const DENSITY_PERCENT_MAX: usize = 40;

/// Bytes of one sequence.
const GRAM_BYTES: usize = 4;

/// Sequences of a needle that are asked for at most: more do not help.
const NEEDLE_GRAMS_MAX: usize = 64;

/// Collects the sequences of the lines of one block.
#[derive(Debug)]
pub(crate) struct GramCollector {
    words: Vec<u64>,
}

impl Default for GramCollector {
    fn default() -> Self {
        GramCollector { words: vec![0; BITS_MAX / 64] }
    }
}

fn hash(gram: u32) -> u32 {
    gram.wrapping_mul(0x9e37_79b1)
}

/// Sequences in which digits stand for any digit are hashed apart from the others.
const VAGUE: u32 = 0x5bd1_e995;

fn vague(gram: u32) -> u32 {
    let bytes = gram.to_be_bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
    hash(u32::from_be_bytes(bytes) ^ VAGUE)
}

/// All sequences of a text.
fn grams(text: &[u8]) -> impl Iterator<Item = u32> {
    let mut gram = 0u32;
    text.iter().enumerate().filter_map(move |(at, byte)| {
        gram = (gram << 8) | u32::from(byte.to_ascii_lowercase());
        (at + 1 >= GRAM_BYTES).then_some(gram)
    })
}

/// What times and integers are made of: such sequences are in no filter.
fn is_of_numbers(gram: u32) -> bool {
    gram.to_be_bytes().iter().all(|byte| matches!(byte, b'0'..=b'9' | b':' | b'.' | b'-' | b't' | b'z'))
}

impl GramCollector {
    /// Adds a line, or a part of one.
    pub(crate) fn add_bytes(&mut self, text: &[u8]) {
        grams(text).for_each(|gram| self.set(hash(gram)));
    }

    /// Adds a part of a line in which digits stand for any digit.
    pub(crate) fn add_vague(&mut self, text: &[u8]) {
        grams(text).for_each(|gram| self.set(vague(gram)));
    }

    fn set(&mut self, hash: u32) {
        // The upper bits, so that folding neighbours keeps the place of a hash.
        let bit = (hash >> (32 - BITS_MAX.trailing_zeros())) as usize;
        if let Some(word) = self.words.get_mut(bit / 64) {
            *word |= 1 << (bit % 64);
        }
    }

    /// The filter's bytes: as few as keep it sparse.
    pub(crate) fn filter(&self) -> Vec<u8> {
        let mut words = self.words.clone();
        loop {
            let bits = words.len() * 64;
            if bits <= BITS_MIN {
                break;
            }
            let folded = fold(&words);
            let set: usize = folded.iter().map(|word| word.count_ones() as usize).sum();
            if set * 100 > bits / 2 * DENSITY_PERCENT_MAX {
                break;
            }
            words = folded;
        }
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }
}

/// Half as many bits: each is set when one of two neighbours was.
fn fold(words: &[u64]) -> Vec<u64> {
    let squeeze = |word: u64| {
        let mut bits = (word | (word >> 1)) & 0x5555_5555_5555_5555;
        bits = (bits | (bits >> 1)) & 0x3333_3333_3333_3333;
        bits = (bits | (bits >> 2)) & 0x0f0f_0f0f_0f0f_0f0f;
        bits = (bits | (bits >> 4)) & 0x00ff_00ff_00ff_00ff;
        bits = (bits | (bits >> 8)) & 0x0000_ffff_0000_ffff;
        (bits | (bits >> 16)) & 0xffff_ffff
    };
    words
        .chunks_exact(2)
        .map(|pair| pair.iter().rev().fold(0, |folded, &word| folded << 32 | squeeze(word)))
        .collect()
}

/// What a request asks of the content of rows, and what of that a filter can answer.
#[derive(Debug, Clone)]
pub(crate) struct NeedleGrams {
    grams: Vec<(u32, u32)>,
    texts: Vec<String>,
    tests: RowTests,
    /// The rows are marked already.
    is_marked: bool,
}

impl NeedleGrams {
    /// The sequences of all needles; a needle of fewer than four bytes asks for none.
    pub(crate) fn new(needles: &[String]) -> Self {
        let all =
            needles.iter().flat_map(|needle| grams(needle.as_bytes())).filter(|gram| !is_of_numbers(*gram));
        let mut all: Vec<(u32, u32)> = all.map(|gram| (hash(gram), vague(gram))).collect();
        all.sort_unstable();
        all.dedup();
        all.truncate(NEEDLE_GRAMS_MAX);
        NeedleGrams { grams: all, texts: needles.to_vec(), tests: RowTests::default(), is_marked: false }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.grams.is_empty()
    }

    /// With further tests, of which the filters know nothing.
    pub(crate) fn with_tests(mut self, tests: &RowTests) -> Self {
        self.tests = tests.clone();
        self
    }

    /// No needles: the rows were marked beforehand.
    pub(crate) fn marked() -> Self {
        NeedleGrams { is_marked: true, ..NeedleGrams::new(&[]) }
    }

    /// Whether rows must be chosen by their content.
    pub(super) fn selects(&self) -> bool {
        self.is_marked || !self.texts.is_empty() || !self.tests.is_empty()
    }

    pub(super) fn tests(&self) -> &RowTests {
        &self.tests
    }

    /// The needles themselves.
    pub(crate) fn texts(&self) -> &[String] {
        &self.texts
    }

    /// False when no line of the filter's block can hold all needles.
    pub(crate) fn may_occur(&self, filter: &[u8]) -> bool {
        let bits = filter.len() * 8;
        if !bits.is_power_of_two() || bits < BITS_MIN {
            return true;
        }
        let shift = 32 - bits.trailing_zeros();
        let is_set = |hash: u32| {
            let bit = (hash >> shift) as usize;
            filter.get(bit / 8).is_none_or(|byte| byte & (1 << (bit % 8)) != 0)
        };
        self.grams.iter().all(|&(exact, vague)| is_set(exact) || is_set(vague))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &[&str], needles: &[&str], expected: bool) {
        let mut grams = GramCollector::default();
        lines.iter().for_each(|line| grams.add_bytes(line.as_bytes()));
        let needles: Vec<String> = needles.iter().map(|&needle| needle.to_owned()).collect();
        assert_eq!(NeedleGrams::new(&needles).may_occur(&grams.filter()), expected, "{needles:?}");
    }

    #[test]
    fn parts_of_words_are_never_missed() {
        let lines = [r#"{"rule":"Write below etc","proc.name":"touch"}"#, "ÄÖÜ and more"];
        for needle in ["Write below", "rite bel", "ouch", "\"touch\"}", "ÖÜ", "a", ""] {
            check(&lines, &[needle], true);
        }
        check(&lines, &["thisneveroccurs"], false);
        check(&lines, &["touch", "zq0123456789"], false);
    }

    #[test]
    fn folding_keeps_every_bit() {
        let lines: Vec<String> = (0..5000).map(|n| format!("value {}", n * 7919)).collect();
        let mut grams = GramCollector::default();
        lines.iter().for_each(|line| grams.add_bytes(line.as_bytes()));
        let filter = grams.filter();
        assert!(filter.len() < BITS_MAX / 8);
        assert!(lines.iter().all(|line| NeedleGrams::new(std::slice::from_ref(line)).may_occur(&filter)));
    }
}
