//! What a connection reads into and writes from: small at first, and wiped at the end.

use ureq::unversioned::transport::Buffers;
use zeroize::Zeroize;

/// A record of TLS has at most 16 KiB, and nearly every answer fits. ureq's own are 128 KiB each, which are to
/// be zeroed for every connection.
const FIRST: usize = 20 * 1024;

/// ureq reads no head beyond 64 KiB: it says so itself.
const MOST: usize = 128 * 1024;

/// A read is worth its call.
const LEAST_READ: usize = 4 * 1024;

/// What ureq needs beside the output, to read a body from.
const LEAST_SCRATCH: usize = 10 * 1024;

/// Nothing is allocated before it is needed.
#[derive(Default)]
pub(super) struct Growing {
    input: Vec<u8>,
    consumed: usize,
    filled: usize,
    output: Vec<u8>,
    /// Whether the last look at the input took something of it.
    took: bool,
}

impl Growing {
    /// Free room for so many bytes, or what there can be.
    fn make_room(&mut self, least: usize) {
        if self.consumed > 0 && self.input.len() - self.filled < least {
            self.input.copy_within(self.consumed..self.filled, 0);
            self.filled -= self.consumed;
            self.consumed = 0;
        }
        if self.input.len() - self.filled < least && self.input.len() < MOST {
            let wanted = (self.filled + least).max(2 * self.input.len());
            let mut grown = vec![0; wanted.clamp(FIRST, MOST)];
            grown[..self.filled].copy_from_slice(&self.input[..self.filled]);
            self.input.zeroize();
            self.input = grown;
        }
    }
}

impl Buffers for Growing {
    fn output(&mut self) -> &mut [u8] {
        self.output.resize(FIRST, 0);
        &mut self.output
    }

    fn input(&self) -> &[u8] {
        &self.input[self.consumed..self.filled]
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.make_room(LEAST_READ);
        &mut self.input[self.filled..]
    }

    fn input_appended(&mut self, amount: usize) {
        self.filled += amount;
    }

    fn input_consume(&mut self, amount: usize) {
        self.took = amount > 0;
        self.consumed += amount;
        if self.consumed == self.filled {
            (self.consumed, self.filled) = (0, 0);
        }
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.make_room(LEAST_SCRATCH);
        self.output.resize(FIRST, 0);
        (&mut self.input[self.filled..], &mut self.output)
    }

    fn can_use_input(&self) -> bool {
        self.consumed < self.filled && self.took
    }
}

impl Drop for Growing {
    fn drop(&mut self) {
        self.input.zeroize();
        self.output.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn append(buffers: &mut Growing, bytes: &[u8]) -> usize {
        let room = buffers.input_append_buf();
        let amount = bytes.len().min(room.len());
        room[..amount].copy_from_slice(&bytes[..amount]);
        buffers.input_appended(amount);
        amount
    }

    #[test]
    fn a_head_that_is_large_finds_room() {
        let head: Vec<u8> = (0..100_000_u32).map(|n| n.to_le_bytes()[1]).collect();
        let mut buffers = Growing::default();
        let mut sent = 0;
        while sent < head.len() {
            let amount = append(&mut buffers, &head[sent..]);
            assert!(amount > 0, "no room for byte {sent}");
            sent += amount;
        }
        assert_eq!(buffers.input(), head);
        // Beyond what anybody reads there is none.
        while append(&mut buffers, &head) > 0 {}
        assert_eq!(buffers.input().len(), MOST);
    }

    #[test]
    fn what_is_consumed_makes_room() {
        let mut buffers = Growing::default();
        for round in 0..1000_u32 {
            let part = round.to_le_bytes().repeat(60);
            assert_eq!(append(&mut buffers, &part), part.len());
            // Something always stays.
            let take = buffers.input().len() - 7.min(buffers.input().len());
            assert!(buffers.input().ends_with(&part));
            buffers.input_consume(take);
        }
        assert_eq!(buffers.input.len(), FIRST);
        let (scratch, output) = buffers.tmp_and_output();
        assert!(scratch.len() >= LEAST_SCRATCH && output.len() == FIRST);
    }
}
