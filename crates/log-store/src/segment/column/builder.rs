//! A column while rows come in: each different value once, and a code per row.

use xxhash_rust::xxh3::xxh3_64;

use crate::rows::Texts;

/// The code of a row without a value.
pub(crate) const NULL: u32 = u32::MAX;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct ColumnBuilder {
    pub(crate) values: Texts,
    /// Up to the last row with a value; see [`ColumnBuilder::finish`].
    pub(crate) codes: Vec<u32>,
    /// Rows with a value.
    pub(crate) present: usize,
    /// Numbers of values by hash, NULL where free; a power of two long.
    table: Vec<u32>,
    hashes: Vec<u32>,
    last: u32,
}

impl ColumnBuilder {
    /// Sets the value of a row; rows come in order.
    pub(crate) fn put(&mut self, row: usize, value: &str) {
        // Rows of one stream often follow each other.
        let is_last = self.present > 0 && self.values.get(self.last as usize) == value;
        let code = if is_last { self.last } else { self.intern(value) };
        self.last = code;
        self.put_code(row, code);
    }

    /// The same with a code of the caller's.
    pub(crate) fn put_code(&mut self, row: usize, code: u32) {
        if self.codes.len() < row {
            self.codes.resize(row, NULL);
        }
        self.codes.push(code);
        self.present += 1;
    }

    fn intern(&mut self, value: &str) -> u32 {
        if self.values.len() * 4 >= self.table.len() * 3 {
            self.grow();
        }
        let hash = xxh3_64(value.as_bytes()) as u32;
        let mask = self.table.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            match self.table.get(at).copied() {
                Some(found) if found != NULL => {
                    let is_equal = self.hashes.get(found as usize) == Some(&hash)
                        && self.values.get(found as usize) == value;
                    if is_equal {
                        return found;
                    }
                    at = (at + 1) & mask;
                }
                _ => break,
            }
        }
        let code = self.values.len() as u32;
        self.values.push(value);
        self.hashes.push(hash);
        self.table.get_mut(at).into_iter().for_each(|place| *place = code);
        code
    }

    fn grow(&mut self) {
        let size = (self.table.len() * 2).max(64);
        self.table.clear();
        self.table.resize(size, NULL);
        for (code, hash) in self.hashes.iter().enumerate() {
            let mut at = *hash as usize & (size - 1);
            while self.table.get(at).is_some_and(|found| *found != NULL) {
                at = (at + 1) & (size - 1);
            }
            self.table.get_mut(at).into_iter().for_each(|place| *place = code as u32);
        }
    }

    /// Codes for all rows.
    pub(crate) fn finish(&mut self, rows: usize) {
        self.codes.resize(rows, NULL);
        (self.table, self.hashes) = (Vec::new(), Vec::new());
    }

    /// Most values are new: codes would cost more than they save.
    pub(crate) fn is_unique(&self) -> bool {
        self.values.len() > 64 && self.values.len() * 10 > self.present * 6
    }
}
