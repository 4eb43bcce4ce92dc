//! The ways to read a text: as it is, and decoded, and what that gives decoded again.

use std::ops::Range;

use zeroize::Zeroizing;

use super::decode::{BASE64, Escape, HEXADECIMAL, Meant, form, json, percent};
use super::html;

/// Stands between what does not belong together. UTF-8 has no such byte, and so no secret.
pub(super) const GAP: u8 = 0xff;

/// What all readings of a text together may have: some have ten times the text.
const MOST_BYTES: usize = 256 * 1024;
const MOST_READINGS: usize = 256;

/// A text decoded in some way.
#[derive(PartialEq)]
pub(super) struct Reading {
    bytes: Zeroizing<Vec<u8>>,
    /// For each byte, what it comes from in the original.
    places: Vec<Range<usize>>,
}

/// Every way to read a text in which a secret may hide; nothing where there are too many.
pub(super) fn readings(text: &str) -> Option<Vec<Reading>> {
    let mut all = vec![Reading::plain(text)];
    let mut size = text.len();
    let mut next = 0;
    // Whatever is decoded becomes shorter, so that there is an end.
    while next < all.len() {
        for decoded in all[next].decoded() {
            if decoded.len() < 4 || all.contains(&decoded) {
                continue;
            }
            size += decoded.len();
            if size > MOST_BYTES || all.len() == MOST_READINGS {
                return None;
            }
            all.push(decoded);
        }
        next += 1;
    }
    Some(all)
}

impl Reading {
    fn plain(text: &str) -> Self {
        Self {
            bytes: Zeroizing::new(text.as_bytes().to_vec()),
            places: (0..text.len()).map(|at| at..at + 1).collect(),
        }
    }

    /// For as many bytes as there may be: what grows leaves copies.
    pub(super) fn with_room(room: usize) -> Self {
        Self {
            bytes: Zeroizing::new(Vec::with_capacity(room)),
            places: Vec::with_capacity(room),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn places(&self) -> &[Range<usize>] {
        &self.places
    }

    pub(super) fn push(&mut self, byte: u8, place: Range<usize>) {
        self.bytes.push(byte);
        self.places.push(place);
    }

    /// Lets the last byte come from what goes on until there.
    pub(super) fn stretch(&mut self, end: usize) {
        if let Some(place) = self.places.last_mut() {
            place.end = end;
        }
    }

    /// The same read once more, in each way that makes something else of it.
    fn decoded(&self) -> Vec<Self> {
        let mut all = Vec::new();
        for escape in [json, percent, form, html::entity] {
            all.extend(self.unescaped(escape));
        }
        all.extend((0..4).map(|missing| BASE64.decoded(self, missing)));
        all.extend((0..2).map(|missing| HEXADECIMAL.decoded(self, missing)));
        all
    }

    /// With what its escapes mean. `escape` knows what one at a beginning means, and its length.
    fn unescaped(&self, escape: Escape) -> Option<Self> {
        let mut new = Self::with_room(self.len());
        let mut at = 0;
        while let Some(byte) = self.bytes.get(at) {
            let (meant, length) = escape(&self.bytes[at..]).unwrap_or((Meant::Byte(*byte), 1));
            let place = self.places[at].start..self.places[at + length - 1].end;
            match meant {
                Meant::Byte(byte) => new.push(byte, place),
                Meant::Character(character) => {
                    let mut room = [0; 4];
                    for byte in character.encode_utf8(&mut room).bytes() {
                        new.push(byte, place.clone());
                    }
                }
            }
            at += length;
        }
        (new.bytes != self.bytes).then_some(new)
    }
}
