//! Parameters by number, as libsinsp reads them: an empty one is a value that the recorder did
//! not have, and stands for zero, or for the text `<NA>`.

use event::{Event, Params};

/// libsinsp's text for what is not there.
pub(crate) const NOT_AVAILABLE: &[u8] = b"<NA>";

/// The parameters of one event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Args<'a>(Params<'a>);

impl<'a> Args<'a> {
    pub(crate) fn new(params: Params<'a>) -> Self {
        Args(params)
    }

    pub(crate) fn of(event: &Event<'a>) -> Self {
        Args(event.params)
    }

    pub(crate) fn len(self) -> usize {
        self.0.len()
    }

    /// A parameter that is there and not empty.
    pub(crate) fn get(self, index: usize) -> Option<&'a [u8]> {
        self.0.get(index).filter(|bytes| !bytes.is_empty())
    }

    /// An unsigned number of any width.
    pub(crate) fn unsigned(self, index: usize) -> Option<u64> {
        let bytes = self.get(index)?;
        let mut wide = [0u8; 8];
        wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(u64::from_le_bytes(wide))
    }

    /// A number whose sign is that of its width.
    pub(crate) fn signed(self, index: usize) -> Option<i64> {
        Some(match *self.get(index)? {
            [a] => i64::from(a.cast_signed()),
            [a, b] => i64::from(i16::from_le_bytes([a, b])),
            [a, b, c, d] => i64::from(i32::from_le_bytes([a, b, c, d])),
            [a, b, c, d, e, f, g, h] => i64::from_le_bytes([a, b, c, d, e, f, g, h]),
            _ => return None,
        })
    }

    /// A result: the number of the parameter, behind the mark of a dynamic one.
    pub(crate) fn result(self, index: usize) -> i64 {
        match self.get(index) {
            Some([_, rest @ ..]) if rest.len() == 8 => {
                rest.first_chunk::<8>().map_or(0, |bytes| i64::from_le_bytes(*bytes))
            }
            _ => self.i64(index),
        }
    }

    pub(crate) fn u64(self, index: usize) -> u64 {
        self.unsigned(index).unwrap_or(0)
    }

    pub(crate) fn i64(self, index: usize) -> i64 {
        self.signed(index).unwrap_or(0)
    }

    pub(crate) fn u32(self, index: usize) -> u32 {
        low_u32(self.u64(index))
    }

    /// A text up to its NUL.
    pub(crate) fn text(self, index: usize) -> &'a [u8] {
        match self.get(index) {
            Some(bytes) => until_nul(bytes),
            None => NOT_AVAILABLE,
        }
    }

    /// A list of texts with NULs between them, without the last NUL.
    pub(crate) fn list(self, index: usize) -> &'a [u8] {
        let bytes = self.get(index).unwrap_or_default();
        bytes.strip_suffix(&[0]).unwrap_or(bytes)
    }
}

/// What stands in front of the first NUL.
pub(crate) fn until_nul(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    bytes.get(..end).unwrap_or(bytes)
}

/// The low half, as a C cast takes it.
pub(crate) fn low_u32(number: u64) -> u32 {
    let [a, b, c, d, ..] = number.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// The items of a list: none of an empty one.
pub(crate) fn items(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|byte| *byte == 0).filter(move |_| !list.is_empty())
}
