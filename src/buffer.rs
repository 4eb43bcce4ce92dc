//! `Buffer`: bytes that are wiped when they go, and where they were before they outgrew it.

use std::io;

use serde::Serialize;
use zeroize::{Zeroize, Zeroizing};

use crate::secret::Secret;

/// Grows as it is written or read into. A `Vec` that grows leaves what it moves from as it was; this
/// does not.
#[derive(Default)]
pub(crate) struct Buffer {
    /// Zeros behind what is filled.
    bytes: Zeroizing<Vec<u8>>,
    filled: usize,
}

/// No step of growth is smaller.
const LEAST: usize = 4 * 1024;

impl Buffer {
    /// With room for so much, where that is known.
    pub(crate) fn with_room(room: usize) -> Self {
        Self {
            bytes: Zeroizing::new(vec![0; room]),
            filled: 0,
        }
    }

    /// A value in JSON.
    pub(crate) fn json(value: &impl Serialize) -> Self {
        let mut buffer = Self::default();
        serde_json::to_writer(&mut buffer, value).expect("memory takes what is written to it");
        buffer
    }

    /// What was filled in.
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }

    /// Puts these behind what is there.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.make_room(bytes.len());
        let end = self.filled + bytes.len();
        self.bytes[self.filled..end].copy_from_slice(bytes);
        self.filled = end;
    }

    /// Lets `read` fill in what it can take, as [`io::Read::read`] does, and tells how much that was.
    pub(crate) fn fill<E>(
        &mut self,
        read: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        if self.filled == self.bytes.len() {
            self.make_room(1);
        }
        let count = read(&mut self.bytes[self.filled..])?;
        self.filled += count;
        Ok(count)
    }

    /// The bytes alone, in the same memory.
    pub(crate) fn into_bytes(mut self) -> Zeroizing<Vec<u8>> {
        self.bytes[self.filled..].zeroize();
        self.bytes.truncate(self.filled);
        self.bytes
    }

    fn make_room(&mut self, more: usize) {
        let needed = self.filled.saturating_add(more);
        if needed <= self.bytes.len() {
            return;
        }
        let room = needed.max(self.bytes.len() * 2).max(LEAST);
        let mut larger = Zeroizing::new(vec![0; room]);
        larger[..self.filled].copy_from_slice(&self.bytes[..self.filled]);
        self.bytes = larger;
    }
}

impl From<&Secret> for Buffer {
    fn from(secret: &Secret) -> Self {
        let value = secret.expose().as_bytes();
        let mut buffer = Self::with_room(value.len());
        buffer.push(value);
        buffer
    }
}

/// Never fails.
impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn what_is_written_is_kept_however_often_it_grows() {
        let mut buffer = Buffer::default();
        let mut expected = Vec::new();
        for part in 0..200_u8 {
            let part = vec![part; usize::from(part) * 7];
            buffer.write_all(&part).unwrap();
            expected.extend(part);
        }
        assert_eq!(buffer.as_slice(), expected);
        assert_eq!(*buffer.into_bytes(), expected);
    }

    #[test]
    fn reading_goes_on_until_there_is_no_more() {
        let text = "x".repeat(3 * LEAST + 5);
        let mut source = text.as_bytes();
        let mut buffer = Buffer::with_room(10);
        while buffer.fill(|room| source.read(room)).unwrap() > 0 {}
        assert_eq!(*buffer.into_bytes(), text.as_bytes());
    }

    #[test]
    fn a_secret_is_copied_whole() {
        for value in ["", "a", "\u{e9}\0"] {
            let buffer = Buffer::from(&Secret::new(value.into()));
            assert_eq!(buffer.as_slice(), value.as_bytes());
        }
    }
}
