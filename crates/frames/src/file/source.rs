//! A buffer in front of a reader, out of which records are taken where they lie.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// Larger ones are slower: the buffer has to stay in the cache.
const BUFFER_LEN: usize = 256 << 10;

/// A reader and what was read ahead of it.
pub(super) struct Source<R> {
    reader: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl<R: Read> Source<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, buffer: vec![0; BUFFER_LEN], start: 0, end: 0 }
    }

    /// What is there without reading.
    pub(super) fn ready(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Makes at least `len` octets ready; false when the input ends before.
    pub(super) fn ensure(&mut self, len: usize) -> io::Result<bool> {
        while self.end - self.start < len {
            if !self.fill(len)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn consume(&mut self, len: usize) {
        self.start = (self.start + len).min(self.end);
    }

    /// Reads over `len` octets, whatever their number; false when the input ends before.
    pub(super) fn skip(&mut self, mut len: usize) -> io::Result<bool> {
        loop {
            let there = self.ready().len().min(len);
            self.consume(there);
            len -= there;
            if len == 0 {
                return Ok(true);
            }
            if !self.fill(1)? {
                return Ok(false);
            }
        }
    }

    /// Reads once, after making room for `len` octets in all. False at the end of the input.
    fn fill(&mut self, len: usize) -> io::Result<bool> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.buffer.len() < len {
            self.buffer.resize(len, 0);
        }
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        let read = loop {
            match self.reader.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.end += read;
        Ok(read > 0)
    }
}

/// Counts what is read.
pub(super) struct Counting<R> {
    pub(super) input: R,
    pub(super) count: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, place: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(place)?;
        self.count.set(self.count.get() + u64::try_from(read).unwrap_or(0));
        Ok(read)
    }
}
