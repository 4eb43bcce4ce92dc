//! What escapes mean, and what base64 and hexadecimal digits stand for.

use std::ops::Range;

use super::reading::{GAP, Reading};

/// What an escape stands for.
pub(super) enum Meant {
    Byte(u8),
    Character(char),
}

/// What the escape means with which a text begins, and how long it is.
pub(super) type Escape = fn(&[u8]) -> Option<(Meant, usize)>;

/// `%XX`, and `%uXXXX` as JavaScript's `escape` has it.
pub(super) fn percent(text: &[u8]) -> Option<(Meant, usize)> {
    let escape = text.strip_prefix(b"%")?;
    if let [b'u' | b'U', ..] = escape {
        let character = char::from_u32(number(escape.get(1..5)?, 16)?)?;
        return Some((Meant::Character(character), 6));
    }
    let digits = escape.get(..2)?;
    let byte = u8::try_from(number(digits, 16)?).ok()?;
    Some((Meant::Byte(byte), 3))
}

/// The same, with `+` for a blank.
pub(super) fn form(text: &[u8]) -> Option<(Meant, usize)> {
    match text {
        [b'+', ..] => Some((Meant::Byte(b' '), 1)),
        _ => percent(text),
    }
}

/// JSON's escapes, and what other languages write in its manner.
pub(super) fn json(text: &[u8]) -> Option<(Meant, usize)> {
    let byte = match text.strip_prefix(b"\\")?.first()? {
        b'u' => return braced(text).or_else(|| of_units(text)),
        b'x' => return of_digits(text, 2),
        b'U' => return of_digits(text, 8),
        b'0'..=b'3' => {
            let byte = u8::try_from(number(text.get(1..4)?, 8)?).ok()?;
            return Some((Meant::Byte(byte), 4));
        }
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'f' => 12,
        other @ (b'"' | b'\\' | b'/' | b'\'') => *other,
        _ => return None,
    };
    Some((Meant::Byte(byte), 2))
}

/// `\uXXXX`, twice for what lies beyond 16 bits.
fn of_units(text: &[u8]) -> Option<(Meant, usize)> {
    let unit = |at: usize| {
        let digits = text.get(at..)?.strip_prefix(b"\\u")?.get(..4)?;
        u16::try_from(number(digits, 16)?).ok()
    };
    let first = unit(0)?;
    if let Some(character) = char::from_u32(first.into()) {
        return Some((Meant::Character(character), 6));
    }
    let pair = char::decode_utf16([first, unit(6)?]).next()?;
    Some((Meant::Character(pair.ok()?), 12))
}

/// `\u{X}`.
fn braced(text: &[u8]) -> Option<(Meant, usize)> {
    let digits = text.strip_prefix(b"\\u{")?;
    let end = digits.iter().position(|byte| *byte == b'}')?;
    let character = char::from_u32(number(&digits[..end], 16)?)?;
    Some((Meant::Character(character), end + 4))
}

/// `\xXX` and `\UXXXXXXXX`.
fn of_digits(text: &[u8], count: usize) -> Option<(Meant, usize)> {
    let character = char::from_u32(number(text.get(2..2 + count)?, 16)?)?;
    Some((Meant::Character(character), 2 + count))
}

/// Digits and nothing else, up to a 32-bit number.
pub(super) fn number(digits: &[u8], base: u32) -> Option<u32> {
    let all = digits.iter().all(|byte| char::from(*byte).is_digit(base));
    let digits = std::str::from_utf8(digits).ok().filter(|_| all)?;
    u32::from_str_radix(digits, base).ok()
}

/// A way to write bytes as digits.
pub(super) struct Digits {
    digit: fn(u8) -> Option<u32>,
    /// The bits of one.
    width: usize,
    /// What is shorter is a word.
    shortest: usize,
    /// What may follow a run, and belongs to it.
    padding: &'static [u8],
    /// Whether a run goes on behind what is no digit: what is before that, and what is from there on.
    goes_on: fn(&[u8], &[u8]) -> bool,
}

/// Of both alphabets, also in lines as MIME and PEM have them.
pub(super) const BASE64: Digits = Digits {
    digit: base64_digit,
    width: 6,
    shortest: 6,
    padding: b"=",
    goes_on: |_, text| text.starts_with(b"\r") || text.starts_with(b"\n"),
};

/// With or without something between the pairs.
pub(super) const HEXADECIMAL: Digits = Digits {
    digit: |byte| char::from(byte).to_digit(16),
    width: 4,
    shortest: 8,
    padding: b"",
    goes_on: |before, text| match (before, text) {
        ([.., one, two], [b':' | b'-' | b' ' | b'\r' | b'\n', three, four, ..]) => {
            number(&[*one, *two, *three, *four], 16).is_some()
        }
        _ => false,
    },
};

impl Digits {
    /// The bytes that every run of digits stands for, each with a gap behind it, as if so many digits were
    /// missing before the first: nobody knows where something that was cut, or stands behind a `/`, begins.
    pub(super) fn decoded(&self, text: &Reading, missing: usize) -> Reading {
        let mut new = Reading::with_room(text.len());
        let mut at = 0;
        while at < text.len() {
            let run = self.run(text.bytes(), at);
            if run.count >= self.shortest {
                self.decode(text, at..run.end, missing, &mut new);
            }
            at = run.end + 1;
        }
        new
    }

    /// The digits from there on.
    fn run(&self, text: &[u8], start: usize) -> Length {
        let mut run = Length {
            count: 0,
            end: start,
        };
        while let Some(byte) = text.get(run.end) {
            if (self.digit)(*byte).is_some() {
                run.count += 1;
            } else if run.count == 0 || !(self.goes_on)(&text[..run.end], &text[run.end..]) {
                break;
            }
            run.end += 1;
        }
        run
    }

    fn decode(&self, text: &Reading, run: Range<usize>, missing: usize, new: &mut Reading) {
        // Of the first digit, what belongs to a byte whose beginning is missing.
        let mut skipped = (8 - missing * self.width % 8) % 8;
        let (mut bits, mut known) = (0, 0);
        let mut start = None;
        let mut end = 0;
        for at in run.clone() {
            let Some(digit) = (self.digit)(text.bytes()[at]) else {
                continue;
            };
            let place = &text.places()[at];
            end = place.end;
            bits = bits << self.width | digit;
            known += self.width - std::mem::take(&mut skipped);
            // What has a part of a byte goes with the byte, and so does what has one of a missing byte.
            let from = *start.get_or_insert(place.start);
            if known >= 8 {
                known -= 8;
                let [byte, ..] = (bits >> known).to_le_bytes();
                new.push(byte, from..place.end);
                start = Some(place.start).filter(|_| known > 0);
            }
        }
        let behind = text.bytes()[run.end..]
            .iter()
            .zip(&text.places()[run.end..]);
        let padding = behind.take_while(|(byte, _)| self.padding.contains(byte));
        new.stretch(padding.last().map_or(end, |(_, place)| place.end));
        new.push(GAP, 0..0);
    }
}

/// How many digits, and where they end.
struct Length {
    count: usize,
    end: usize,
}

fn base64_digit(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    }))
}
