//! A window on a stream: bytes are looked at where they were read to, and let go of when they
//! have been used.

use std::io::{ErrorKind, Read};

use crate::limits::WINDOW_BYTES;

/// Reads ahead in chunks and keeps what has not been used.
#[derive(Debug)]
pub(super) struct Window<R> {
    source: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes of the stream before `start`.
    passed: u64,
}

impl<R: Read> Window<R> {
    pub(super) fn new(source: R) -> Self {
        Window { source, buffer: vec![0; WINDOW_BYTES], start: 0, end: 0, passed: 0 }
    }

    /// Sees to it that `wanted` bytes are there, if the stream has them; how many there are.
    /// Grows the buffer only as far as bytes arrive.
    pub(super) fn fill(&mut self, wanted: usize) -> std::io::Result<usize> {
        while self.available() < wanted {
            if self.end == self.buffer.len() {
                self.make_room();
            }
            let Some(free) = self.buffer.get_mut(self.end..) else { break };
            match self.source.read(free) {
                Ok(0) => break,
                Ok(count) => self.end = self.end.saturating_add(count),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.available())
    }

    fn make_room(&mut self) {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end = self.available();
            self.start = 0;
        } else {
            // All of it is wanted and it is full: the block is a large one.
            let grown = self.buffer.len().saturating_mul(2);
            self.buffer.resize(grown, 0);
        }
    }

    pub(super) fn available(&self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Bytes of the stream used so far.
    pub(super) fn offset(&self) -> u64 {
        self.passed
    }

    /// The bytes that are there.
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Lets go of the first `count` bytes. They stay readable by [`Window::used`] until the next
    /// [`Window::fill`].
    pub(super) fn advance(&mut self, count: usize) {
        let count = count.min(self.available());
        self.start = self.start.saturating_add(count);
        self.passed = self.passed.saturating_add(count as u64);
    }

    /// The last `count` bytes let go of.
    pub(super) fn used(&self, count: usize) -> &[u8] {
        let from = self.start.saturating_sub(count);
        self.buffer.get(from..self.start).unwrap_or_default()
    }

    /// Skips bytes without keeping them; how many there were.
    pub(super) fn skip(&mut self, count: u64) -> std::io::Result<u64> {
        let mut left = count;
        while left > 0 {
            if self.fill(1)? == 0 {
                break;
            }
            let step = usize::try_from(left).unwrap_or(usize::MAX).min(self.available());
            self.advance(step);
            left = left.saturating_sub(step as u64);
        }
        Ok(count.saturating_sub(left))
    }
}
