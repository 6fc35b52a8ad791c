//! Little-endian numbers, varints and texts in byte buffers: the alphabet of the WAL and of the
//! segment index. Knows no file.

/// Bytes that are not what the format says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Malformed(pub(crate) &'static str);

const SHORT: Malformed = Malformed("it ends in the middle of a value");

pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value as u8 & 0x7f) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(crate) fn put_signed(out: &mut Vec<u8>, value: i64) {
    put_varint(out, ((value << 1) ^ (value >> 63)) as u64);
}

pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_varint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Takes values off the front of a buffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Cursor { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What is left.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(SHORT)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Malformed> {
        let (taken, rest) = self.rest.split_first_chunk::<4>().ok_or(SHORT)?;
        self.rest = rest;
        Ok(u32::from_le_bytes(*taken))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Malformed> {
        let (taken, rest) = self.rest.split_first_chunk::<8>().ok_or(SHORT)?;
        self.rest = rest;
        Ok(u64::from_le_bytes(*taken))
    }

    pub(crate) fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.rest.split_first().ok_or(SHORT)?;
            self.rest = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed("a number is longer than 64 bits"))
    }

    pub(crate) fn signed(&mut self) -> Result<i64, Malformed> {
        let raw = self.varint()?;
        Ok((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    /// A varint that counts things of at least one byte each, so it cannot exceed what is left:
    /// no foreign number decides how much is allocated.
    pub(crate) fn count(&mut self) -> Result<usize, Malformed> {
        let count = usize::try_from(self.varint()?).map_err(|_| SHORT)?;
        if count > self.rest.len() { Err(SHORT) } else { Ok(count) }
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, Malformed> {
        let length = self.count()?;
        std::str::from_utf8(self.bytes(length)?).map_err(|_| Malformed("a text is not UTF-8"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_taken() {
        let mut out = Vec::new();
        for value in [0, 1, 127, 128, u64::MAX] {
            put_varint(&mut out, value);
        }
        for value in [0, -1, i64::MIN, i64::MAX] {
            put_signed(&mut out, value);
        }
        put_text(&mut out, "ä");
        let mut cursor = Cursor::new(&out);
        assert_eq!([0; 5].map(|_| cursor.varint().unwrap()), [0, 1, 127, 128, u64::MAX]);
        assert_eq!([0; 4].map(|_| cursor.signed().unwrap()), [0, -1, i64::MIN, i64::MAX]);
        assert_eq!(cursor.text(), Ok("ä"));
        assert!(cursor.is_empty());
        assert!(Cursor::new(&[0xff; 11]).varint().is_err());
        assert!(Cursor::new(&[9, b'a']).text().is_err());
    }
}
