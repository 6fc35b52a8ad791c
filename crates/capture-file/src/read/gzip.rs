//! Gzip around the inflating: headers, members, checksums. flate2's own reader sums without the
//! processor's help under the backend that inflates fastest.

use std::io::{self, BufRead, ErrorKind, Read};

use crc32fast::Hasher;
use flate2::bufread::DeflateDecoder;

/// The first two bytes.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Magic, method, flags, time, extra flags, system.
const HEADER_BYTES: usize = 10;
const DEFLATE: u8 = 8;
const HAS_HEADER_SUM: u8 = 1 << 1;
const HAS_EXTRA: u8 = 1 << 2;
const HAS_NAME: u8 = 1 << 3;
const HAS_COMMENT: u8 = 1 << 4;

/// Reads one gzip member after another.
#[derive(Debug)]
pub(super) struct Gzip<R> {
    state: State<R>,
    sum: Hasher,
    /// Modulo 2^32, as the trailer has it.
    length: u32,
}

#[derive(Debug)]
enum State<R> {
    /// Before a member's header.
    Between(R),
    Inside(DeflateDecoder<R>),
    /// The end, or a fault.
    Over,
}

impl<R: BufRead> Gzip<R> {
    pub(super) fn new(source: R) -> Self {
        Gzip { state: State::Between(source), sum: Hasher::new(), length: 0 }
    }

    /// Compares what came out of a member with its trailer.
    fn check(&mut self, source: &mut R) -> io::Result<()> {
        let mut trailer = [0; 8];
        source.read_exact(&mut trailer)?;
        let [a, b, c, d, e, f, g, h] = trailer;
        let sum = std::mem::take(&mut self.sum).finalize();
        let length = std::mem::take(&mut self.length);
        if (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])) == (sum, length) {
            return Ok(());
        }
        Err(io::Error::new(ErrorKind::InvalidData, "the gzip checksum does not fit what was read"))
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            match std::mem::replace(&mut self.state, State::Over) {
                State::Over => return Ok(0),
                State::Between(mut source) => {
                    // What follows a member and is none is padding (gzip ignores it, too).
                    if !source.fill_buf()?.starts_with(&MAGIC) {
                        return Ok(0);
                    }
                    header(&mut source)?;
                    self.state = State::Inside(DeflateDecoder::new(source));
                }
                State::Inside(mut decoder) => match decoder.read(out)? {
                    0 if out.is_empty() => {
                        self.state = State::Inside(decoder);
                        return Ok(0);
                    }
                    0 => {
                        let mut source = decoder.into_inner();
                        self.check(&mut source)?;
                        self.state = State::Between(source);
                    }
                    count => {
                        let read = out.get(..count).unwrap_or_default();
                        self.sum.update(read);
                        self.length = self.length.wrapping_add(count as u32);
                        self.state = State::Inside(decoder);
                        return Ok(count);
                    }
                },
            }
        }
    }
}

/// Passes over a member's header.
fn header(source: &mut impl BufRead) -> io::Result<()> {
    let mut bytes = [0; HEADER_BYTES];
    source.read_exact(&mut bytes)?;
    let [_, _, method, flags, ..] = bytes;
    if method != DEFLATE {
        return Err(io::Error::new(ErrorKind::InvalidData, "a gzip member that is not deflated"));
    }
    if flags & HAS_EXTRA != 0 {
        let mut length = [0; 2];
        source.read_exact(&mut length)?;
        pass(source, u64::from(u16::from_le_bytes(length)))?;
    }
    for flag in [HAS_NAME, HAS_COMMENT] {
        if flags & flag != 0 {
            while {
                let mut byte = [0];
                source.read_exact(&mut byte)?;
                byte != [0]
            } {}
        }
    }
    if flags & HAS_HEADER_SUM != 0 {
        pass(source, 2)?;
    }
    Ok(())
}

fn pass(source: &mut impl BufRead, count: u64) -> io::Result<()> {
    let passed = io::copy(&mut source.take(count), &mut io::sink())?;
    if passed == count { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, GzBuilder};

    use super::*;

    fn member(text: &[u8], name: &str) -> Vec<u8> {
        let builder = GzBuilder::new().filename(name).comment("c").extra(vec![1, 2, 3]);
        let mut encoder = builder.write(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        Gzip::new(bytes).read_to_end(&mut out).map(|_| out)
    }

    #[test]
    fn members_are_joined() {
        let mut bytes = member(b"one ", "a");
        bytes.extend(member(b"two", "b"));
        assert_eq!(read(&bytes).unwrap(), b"one two");
        bytes.extend([0; 512]);
        assert_eq!(read(&bytes).unwrap(), b"one two");
    }

    #[test]
    fn damage_is_noticed() {
        let whole = member(&[b'x'; 10_000], "a");
        let at = whole.len() - 6;
        let mut wrong = whole.clone();
        wrong[at] ^= 1;
        assert_eq!(read(&wrong).unwrap_err().kind(), ErrorKind::InvalidData);
        for cut in 2..whole.len() {
            assert!(read(&whole[..cut]).is_err(), "{cut}");
        }
    }
}
