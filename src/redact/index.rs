//! Where four bytes stand in any reading of a text, to find what a secret shares with it.

use std::ops::Range;

use zeroize::Zeroizing;

use super::reading::{GAP, Reading};

/// What is looked up: no secret that is struck out is shorter.
const WORD: usize = 4;

/// No place.
const NONE: usize = usize::MAX;

/// The readings of a text one behind the other, and where each of their words stands.
pub(super) struct Index {
    text: Zeroizing<Vec<u8>>,
    /// For each byte, what it comes from in the original.
    places: Vec<Range<usize>>,
    /// For each hash, the last word that has it; for each word, the one before with the same hash.
    last: Vec<usize>,
    before: Vec<usize>,
    noted: Vec<bool>,
}

/// What a secret and the text share, as far as it goes to both sides.
pub(super) struct Run {
    /// In the secret.
    pub(super) here: Range<usize>,
    /// In the text.
    pub(super) there: Range<usize>,
}

impl Index {
    pub(super) fn new(readings: &[Reading]) -> Self {
        let length = readings
            .iter()
            .map(|reading| reading.len() + 1)
            .sum::<usize>()
            + 1;
        let mut text = Zeroizing::new(Vec::with_capacity(length));
        let mut places = Vec::with_capacity(length);
        text.push(GAP);
        places.push(0..0);
        for reading in readings {
            text.extend_from_slice(reading.bytes());
            places.extend_from_slice(reading.places());
            text.push(GAP);
            places.push(0..0);
        }
        let mut index = Self {
            last: vec![NONE; (2 * length).next_power_of_two()],
            before: vec![NONE; length],
            noted: vec![false; length],
            text,
            places,
        };
        index.note_words();
        index
    }

    fn note_words(&mut self) {
        for at in 0..self.text.len().saturating_sub(WORD - 1) {
            let word = [0, 1, 2, 3].map(|more| self.text[at + more]);
            // No text of ours has a gap in it.
            if word.contains(&GAP) || is_within_repetition(&self.text, at) {
                continue;
            }
            let hash = self.hash(word);
            self.before[at] = std::mem::replace(&mut self.last[hash], at);
            self.noted[at] = true;
        }
    }

    /// Fibonacci hashing.
    fn hash(&self, word: [u8; WORD]) -> usize {
        let spread = u32::from_le_bytes(word).wrapping_mul(0x9e37_79b9);
        (spread >> 7) as usize & (self.last.len() - 1)
    }

    /// All readings.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Where in the original a part of the readings comes from.
    pub(super) fn place(&self, part: &Range<usize>) -> Range<usize> {
        let places = &self.places[part.clone()];
        match (places.first(), places.last()) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => 0..0,
        }
    }

    /// What a secret shares with the text: every run of seven bytes and more, and of fewer some, but for some that
    /// repeat one byte. `steps` counts what that costs; nothing where it becomes more than `most`.
    ///
    /// Every fourth word is looked up: one of them is in each such run.
    pub(super) fn runs(&self, secret: &[u8], steps: &mut u64, most: u64) -> Option<Vec<Run>> {
        let mut runs = Vec::new();
        *steps += (secret.len() / WORD) as u64;
        for (count, word) in secret.chunks_exact(WORD).enumerate() {
            let here = count * WORD;
            if is_within_repetition(secret, here) {
                continue;
            }
            let mut there = self.last[self.hash([word[0], word[1], word[2], word[3]])];
            while there != NONE {
                *steps += 1;
                if self.begins(secret, here, there) {
                    let run = self.extended(secret, here, there);
                    *steps += run.here.len() as u64;
                    runs.push(run);
                }
                there = self.before[there];
            }
            if *steps > most {
                return None;
            }
        }
        Some(runs)
    }

    /// Whether the word is the same at both places, and no word before it has found the same run.
    fn begins(&self, secret: &[u8], here: usize, there: usize) -> bool {
        let same =
            |here: usize, there: usize| secret[here..here + WORD] == self.text[there..there + WORD];
        let is_known = here >= WORD && there >= WORD && self.noted[there - WORD];
        same(here, there) && !(is_known && same(here - WORD, there - WORD))
    }

    fn extended(&self, secret: &[u8], here: usize, there: usize) -> Run {
        let pairs = secret[..here]
            .iter()
            .rev()
            .zip(self.text[..there].iter().rev());
        let before = pairs.take_while(|(one, other)| one == other).count();
        let pairs = secret[here..].iter().zip(&self.text[there..]);
        let length = pairs.take_while(|(one, other)| one == other).count();
        Run {
            here: here - before..here + length,
            there: there - before..there + length,
        }
    }
}

/// Whether a word has the same byte again and again, as all within four bytes to both sides of it have.
///
/// Two such repetitions share what is around them only where both begin, or where both end: words there find it.
/// All the others would find one another, which in pages of zeros takes long.
fn is_within_repetition(text: &[u8], at: usize) -> bool {
    let around = at
        .checked_sub(WORD)
        .and_then(|start| text.get(start..at + 2 * WORD));
    around.is_some_and(|around| around.iter().all(|byte| *byte == around[0]))
}
