//! The strict gate in front of the HTTP/1 parser: follows the framing of every message and stops
//! what two parsers could read in two ways.
//!
//! hyper forgives some of it (a length beside a transfer encoding, bare line feeds) and hides that
//! it did. What is refused here reaches hyper as a NUL byte in place of the request, which it
//! answers with 400 and the end of the connection. Knows no header but those of framing.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::progress::Progress;
use crate::limits::{CHUNK_LINE_BYTES_MAX, HEAD_BYTES_MAX, LEADING_LINES_MAX, TRAILER_BYTES_MAX};

/// What is read next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expecting {
    /// A line of a head: the request line, or a header.
    Head {
        lines: usize,
    },
    /// So many bytes of a body.
    Body(u64),
    ChunkSize,
    Chunk(u64),
    ChunkEnd,
    Trailers {
        bytes: usize,
    },
    /// Anything: a tunnel, or nothing more because of an error.
    Raw,
}

/// Framing of the head being read.
#[derive(Debug, Default, Clone, Copy)]
struct Framing {
    length: Option<u64>,
    chunked: bool,
}

/// What became of a piece of input.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Good,
    /// The message that begins at this byte of the piece is refused.
    BadHead(usize),
    BadBody,
}

/// The state machine, without any input or output.
#[derive(Debug)]
pub struct Gate {
    expecting: Expecting,
    framing: Framing,
    /// A line whose end has not come yet.
    partial: Vec<u8>,
    leading: usize,
    /// Bytes of the head so far, and most of them.
    head_bytes: usize,
    head_bytes_max: usize,
}

impl Default for Gate {
    fn default() -> Self {
        Gate::new(HEAD_BYTES_MAX)
    }
}

impl Gate {
    fn new(head_bytes_max: usize) -> Self {
        Gate {
            expecting: Expecting::Head { lines: 0 },
            framing: Framing::default(),
            partial: Vec::new(),
            leading: 0,
            head_bytes: 0,
            head_bytes_max,
        }
    }

    /// For the fuzz target: whether all of it may pass.
    pub fn accepts(&mut self, data: &[u8]) -> bool {
        self.feed(data, None) == Verdict::Good
    }

    fn feed(&mut self, data: &[u8], progress: Option<&Progress>) -> Verdict {
        let mut rest = data;
        let mut message_start = 0;
        while !rest.is_empty() {
            let at = data.len() - rest.len();
            match self.expecting {
                Expecting::Raw => return Verdict::Good,
                Expecting::Body(left) | Expecting::Chunk(left) => {
                    let taken = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                    rest = rest.get(taken..).unwrap_or_default();
                    let left = left - taken as u64;
                    self.expecting = match (self.expecting, left) {
                        (Expecting::Body(_), 0) => Expecting::Head { lines: 0 },
                        (Expecting::Body(_), left) => Expecting::Body(left),
                        (_, 0) => Expecting::ChunkEnd,
                        (_, left) => Expecting::Chunk(left),
                    };
                    continue;
                }
                Expecting::Head { lines: 0 } if self.partial.is_empty() => {
                    message_start = at;
                    if let Some(progress) = progress {
                        progress.head_began();
                    }
                }
                _ => {}
            }
            let in_head = matches!(self.expecting, Expecting::Head { .. });
            let bad = || if in_head { Verdict::BadHead(message_start) } else { Verdict::BadBody };
            let Some(end) = memchr::memchr(b'\n', rest) else {
                self.partial.extend_from_slice(rest);
                let max = if in_head { self.head_bytes_max - self.head_bytes } else { CHUNK_LINE_BYTES_MAX };
                return if self.partial.len() > max { bad() } else { Verdict::Good };
            };
            let (line, after) = rest.split_at(end);
            rest = after.get(1..).unwrap_or_default();
            if in_head {
                self.head_bytes += self.partial.len() + line.len();
                if self.head_bytes > self.head_bytes_max {
                    return bad();
                }
            }
            let good = if self.partial.is_empty() {
                self.line(line, progress)
            } else {
                let mut whole = std::mem::take(&mut self.partial);
                whole.extend_from_slice(line);
                self.line(&whole, progress)
            };
            if good.is_none() {
                return bad();
            }
        }
        Verdict::Good
    }

    /// One line without its line feed; `None` refuses it.
    fn line(&mut self, line: &[u8], progress: Option<&Progress>) -> Option<()> {
        let line = line.strip_suffix(b"\r")?;
        if line.contains(&b'\r') {
            return None;
        }
        match self.expecting {
            Expecting::Head { lines: 0 } if line.is_empty() => {
                // RFC 9112, 2.2: an empty line before a request may be forgiven; a flood of them not.
                self.leading += 1;
                (self.leading <= LEADING_LINES_MAX).then_some(())
            }
            Expecting::Head { lines: 0 } => {
                self.framing = Framing::default();
                self.expecting = Expecting::Head { lines: 1 };
                // hyper cuts a fragment off without a word.
                (!line.contains(&b'#')).then_some(())
            }
            Expecting::Head { lines } if line.is_empty() => {
                let _ = lines;
                self.leading = 0;
                self.head_bytes = 0;
                if let Some(progress) = progress {
                    progress.head_ended();
                }
                self.expecting = match (self.framing.chunked, self.framing.length) {
                    (true, Some(_)) => return None,
                    (true, None) => Expecting::ChunkSize,
                    (false, Some(length)) if length > 0 => Expecting::Body(length),
                    (false, _) => Expecting::Head { lines: 0 },
                };
                Some(())
            }
            Expecting::Head { lines } => {
                self.expecting = Expecting::Head { lines: lines + 1 };
                self.header(line)
            }
            Expecting::ChunkSize => {
                let size = line.split(|byte| *byte == b';').next()?;
                let size = std::str::from_utf8(size).ok()?.trim_end_matches([' ', '\t']);
                if size.is_empty() || size.len() > 16 || !size.bytes().all(|digit| digit.is_ascii_hexdigit())
                {
                    return None;
                }
                let size = u64::from_str_radix(size, 16).ok()?;
                self.expecting =
                    if size == 0 { Expecting::Trailers { bytes: 0 } } else { Expecting::Chunk(size) };
                Some(())
            }
            Expecting::ChunkEnd => {
                self.expecting = Expecting::ChunkSize;
                line.is_empty().then_some(())
            }
            Expecting::Trailers { .. } if line.is_empty() => {
                self.expecting = Expecting::Head { lines: 0 };
                Some(())
            }
            Expecting::Trailers { bytes } => {
                self.expecting = Expecting::Trailers { bytes: bytes + line.len() };
                (bytes + line.len() <= TRAILER_BYTES_MAX).then_some(())
            }
            Expecting::Raw | Expecting::Body(_) | Expecting::Chunk(_) => Some(()),
        }
    }

    fn header(&mut self, line: &[u8]) -> Option<()> {
        // Continued lines ended with RFC 7230.
        if matches!(line.first(), Some(b' ' | b'\t')) {
            return None;
        }
        let colon = memchr::memchr(b':', line)?;
        let (name, value) = line.split_at(colon);
        // Only these two lengths are looked at: almost every header passes here.
        if name.len() == 14 && name.eq_ignore_ascii_case(b"content-length") {
            let digits = std::str::from_utf8(value.get(1..)?).ok()?.trim_matches([' ', '\t']);
            if self.framing.length.is_some()
                || digits.is_empty()
                || !digits.bytes().all(|digit| digit.is_ascii_digit())
            {
                return None;
            }
            self.framing.length = Some(digits.parse().ok()?);
        } else if name.len() == 17 && name.eq_ignore_ascii_case(b"transfer-encoding") {
            let coding = std::str::from_utf8(value.get(1..)?).ok()?.trim_matches([' ', '\t']);
            if self.framing.chunked || !coding.eq_ignore_ascii_case("chunked") {
                return None;
            }
            self.framing.chunked = true;
        }
        Some(())
    }
}

/// A connection with the gate in it.
pub(super) struct Gated<S> {
    inner: S,
    gate: Gate,
    progress: Arc<Progress>,
}

impl<S> Gated<S> {
    pub(super) fn new(inner: S, progress: Arc<Progress>, head_bytes_max: usize) -> Self {
        Gated { inner, gate: Gate::new(head_bytes_max), progress }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gated<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        match Pin::new(&mut this.inner).poll_read(context, buf) {
            Poll::Ready(Ok(())) => {}
            other => return other,
        }
        if this.progress.is_raw() {
            return Poll::Ready(Ok(()));
        }
        let verdict = this.gate.feed(buf.filled().get(before..).unwrap_or_default(), Some(&this.progress));
        match verdict {
            Verdict::Good => {}
            Verdict::BadHead(start) => {
                // What came before it in this piece is whole and good.
                buf.set_filled(before + start);
                buf.put_slice(b"\0");
                this.gate.expecting = Expecting::Raw;
            }
            Verdict::BadBody => {
                this.gate.expecting = Expecting::Raw;
                return Poll::Ready(Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "a chunk is not well formed",
                )));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gated<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(context, data)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whole, and byte by byte: the verdict must not depend on how the input was cut.
    fn check(input: &str, good: bool) {
        assert_eq!(Gate::default().accepts(input.as_bytes()), good, "{input:?}");
        let mut gate = Gate::default();
        let all = input.as_bytes().iter().all(|byte| gate.accepts(&[*byte]));
        assert_eq!(all, good, "{input:?} byte by byte");
    }

    #[test]
    fn what_two_parsers_could_read_in_two_ways_is_refused() {
        check("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", true);
        check("\r\nGET / HTTP/1.1\r\n\r\n", true);
        check("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n\n\n\nGET / HTTP/1.1\r\n\r\n", true);
        check(
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            true,
        );
        check("GET / HTTP/1.1\nHost: a\n\n", false);
        check("GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", false);
        check("GET /#a HTTP/1.1\r\n\r\n", false);
        check("GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", false);
        check("POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", false);
        check("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", false);
        check("POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n", false);
        check("POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\n", false);
        check("POST / HTTP/1.1\r\nContent-Length: 3, 3\r\n\r\n", false);
        check("POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n", false);
        check("POST / HTTP/1.1\r\nTransfer-Encoding: identity, chunked\r\n\r\n", false);
        check("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", false);
        check("GET / HTTP/1.1\r\nno colon\r\n\r\n", false);
        check("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n", false);
        check("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n", false);
        check("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n", false);
        check("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", false);
        check("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", false);
    }
}
