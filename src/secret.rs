//! `Secret`: a value that never shows itself and is wiped when it goes.
//!
//! There is no `Display`, `Deref`, `Clone` or `Serialize`, and `Debug` says nothing. The one way to
//! the value is [`Secret::expose`]: that is the word an auditor searches for.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde::de::{self, Deserialize, Deserializer, Error as _, Visitor};
use zeroize::Zeroizing;

/// A client secret, a token, a password or a vault's value: text that must not be seen.
///
/// What is held here is wiped on drop. Copies that libraries make (the JSON parser's scratch space,
/// TLS buffers, the kernel) live until the process ends.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over; the caller's buffer becomes the secret's.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The value itself, for the wire or the output, never for a message.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing to keep.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Secret;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E>(self, text: &str) -> Result<Secret, E> {
                Ok(Secret::new(text.to_owned()))
            }

            fn visit_string<E>(self, text: String) -> Result<Secret, E> {
                Ok(Secret::new(text))
            }

            // serde's own errors quote the value that was found instead.
            fn visit_bool<E: de::Error>(self, _: bool) -> Result<Secret, E> {
                Err(E::custom(NOT_TEXT))
            }

            fn visit_i64<E: de::Error>(self, _: i64) -> Result<Secret, E> {
                Err(E::custom(NOT_TEXT))
            }

            fn visit_u64<E: de::Error>(self, _: u64) -> Result<Secret, E> {
                Err(E::custom(NOT_TEXT))
            }

            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Secret, E> {
                Err(E::custom(NOT_TEXT))
            }

            fn visit_unit<E: de::Error>(self) -> Result<Secret, E> {
                Err(E::custom(NOT_TEXT))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, _: A) -> Result<Secret, A::Error> {
                Err(A::Error::custom(NOT_TEXT))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, _: A) -> Result<Secret, A::Error> {
                Err(A::Error::custom(NOT_TEXT))
            }
        }
        // Not `deserialize_string`: serde_json would not ask the visitor about any other type.
        deserializer.deserialize_any(Text)
    }
}

const NOT_TEXT: &str = "not a string";

/// What stands where a secret was struck out of a message.
const STRUCK: &str = "[secret]";

/// Values shorter than this are not struck out: a message without its every `a` tells more, not less.
const SHORTEST_STRUCK: usize = 4;

/// A line of a longer value is telling from here on.
const SHORTEST_LINE: usize = 16;

/// No service has more to say than this; looking for secrets in more takes time.
const LONGEST_READ: usize = 64 * 1024;

/// The secrets of this run, to strike them out of what a service says before it is shown.
#[derive(Default)]
pub struct Redactor(Vec<Secret>);

impl Redactor {
    /// Remembers a value, and each line of one that has several, for [`Redactor::strike`].
    pub fn learn(&mut self, secret: &Secret) {
        let text = secret.expose();
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| line.len() >= SHORTEST_LINE && line.len() < text.len());
        let whole = std::iter::once(text).filter(|text| text.len() >= SHORTEST_STRUCK);
        self.0
            .extend(whole.chain(lines).map(|text| Secret::new(text.to_owned())));
    }

    /// The text without any known secret, whether it is plain, encoded for a URL or a form, escaped
    /// as JSON (once or twice), or in base64, alone or within something longer.
    #[must_use]
    pub fn strike(&self, text: &str) -> String {
        if self.0.is_empty() {
            return text.to_owned();
        }
        if text.len() > LONGEST_READ {
            return "[too long to be shown]".to_owned();
        }
        let patterns: Vec<_> = self.0.iter().flat_map(patterns).collect();
        let mut struck = vec![false; text.len()];
        for reading in readings(text) {
            for pattern in &patterns {
                reading.mark(pattern, &mut struck);
            }
        }
        without(text, &struck)
    }
}

/// The text with one word for each run of what was struck.
fn without(text: &str, struck: &[bool]) -> String {
    let mut rest = String::with_capacity(text.len());
    let mut before = false;
    for (at, character) in text.char_indices() {
        if !struck[at] {
            rest.push(character);
        } else if !before {
            rest.push_str(STRUCK);
        }
        before = struck[at];
    }
    rest
}

/// The value, and what is sure of it in base64 at each of the three places where it may begin.
fn patterns(secret: &Secret) -> Vec<Zeroizing<Vec<u8>>> {
    let value = secret.expose().as_bytes();
    let mut patterns = vec![Zeroizing::new(value.to_vec())];
    for offset in 0..3 {
        let longer = Zeroizing::new([&[0; 2][..offset], value].concat());
        let sure = (offset * 8).div_ceil(6)..longer.len() * 8 / 6;
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let encoded = Zeroizing::new(engine.encode(&longer));
            let pattern = Zeroizing::new(encoded.as_bytes()[sure.clone()].to_vec());
            if pattern.len() >= SHORTEST_STRUCK && !patterns.contains(&pattern) {
                patterns.push(pattern);
            }
        }
    }
    patterns
}

/// A text decoded in one way, with the place in the original that each byte comes from.
struct Reading {
    bytes: Zeroizing<Vec<u8>>,
    /// One more than there are bytes: the end.
    places: Vec<usize>,
}

/// Every way to read a text in which a secret may hide.
fn readings(text: &str) -> [Reading; 5] {
    let plain = Reading {
        bytes: Zeroizing::new(text.as_bytes().to_vec()),
        places: (0..=text.len()).collect(),
    };
    let json = plain.decoded(json_escape);
    let twice = json.decoded(json_escape);
    let url = plain.decoded(percent_escape);
    let form = plain.decoded(|rest| match rest {
        [b'+', ..] => Some((vec![b' '], 1)),
        _ => percent_escape(rest),
    });
    [plain, json, twice, url, form]
}

impl Reading {
    /// The same read once more: `escape` says what an escape at a beginning means, and its length.
    fn decoded(&self, escape: impl Fn(&[u8]) -> Option<(Vec<u8>, usize)>) -> Self {
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.bytes.len()));
        let mut places = Vec::with_capacity(self.places.len());
        let mut at = 0;
        while at < self.bytes.len() {
            let rest = &self.bytes[at..];
            let (meant, length) = escape(rest).unwrap_or_else(|| (vec![rest[0]], 1));
            places.extend(meant.iter().map(|_| self.places[at]));
            bytes.extend(meant);
            at += length;
        }
        places.extend(self.places.last());
        Self { bytes, places }
    }

    /// Marks where in the original a pattern stands.
    fn mark(&self, pattern: &[u8], struck: &mut [bool]) {
        for (at, window) in self.bytes.windows(pattern.len()).enumerate() {
            if window[0] == pattern[0] && window == pattern {
                struck[self.places[at]..self.places[at + pattern.len()]].fill(true);
            }
        }
    }
}

/// `%XX`.
fn percent_escape(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let digits = text.strip_prefix(b"%")?.get(..2)?;
    let byte = u8::try_from(hexadecimal(digits)?).ok()?;
    Some((vec![byte], 3))
}

/// `\n` and its like, and `\uXXXX`, twice for what lies beyond 16 bits.
fn json_escape(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let unit = |at: usize| hexadecimal(text.get(at..)?.strip_prefix(b"\\u")?.get(..4)?);
    let byte = match text.strip_prefix(b"\\")?.first()? {
        b'u' => {
            let first = unit(0)?;
            let one = || Some((char::from_u32(first.into())?, 6));
            let two = || {
                let pair = char::decode_utf16([first, unit(6)?]).next()?;
                Some((pair.ok()?, 12))
            };
            let (character, length) = one().or_else(two)?;
            return Some((character.to_string().into_bytes(), length));
        }
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'f' => 12,
        other @ (b'"' | b'\\' | b'/') => *other,
        _ => return None,
    };
    Some((vec![byte], 2))
}

fn hexadecimal(digits: &[u8]) -> Option<u16> {
    let digits = std::str::from_utf8(digits).ok()?;
    let all = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    all.then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_says_nothing() {
        let secret = || Secret::new("canary".into());
        assert_eq!(format!("{:?} {:#?}", secret(), secret()), "Secret Secret");
        assert_eq!(format!("{:?}", Some(secret())), "Some(Secret)");
    }

    fn struck(secrets: &[&str], text: &str) -> String {
        let mut redactor = Redactor::default();
        for secret in secrets {
            redactor.learn(&Secret::new((*secret).to_owned()));
        }
        redactor.strike(text)
    }

    #[test]
    fn every_spelling_is_struck() {
        for spelling in [
            "p~ss \"w/rd+ü😀",
            r#"p~ss \"w/rd+ü😀"#,
            r#"p~ss \"w\/rd\u002b\u00FC\ud83d\ude00"#,
            r#"p~ss \\\"w/rd+ü😀"#,
            "p~ss%20%22w%2Frd%2B%C3%BC%F0%9F%98%80",
            "p%7ess+%22w/rd%2b%c3%bc😀",
            // What is sure of it in base64, behind nothing, one byte and two.
            "cH5zcyAidy9yZCvDvPCfmI",
            "B+c3MgIncvcmQrw7zwn5iA",
            "wfnNzICJ3L3JkK8O88J+Yg",
            "wfnNzICJ3L3JkK8O88J-Yg",
        ] {
            let struck = struck(&["p~ss \"w/rd+ü😀"], &format!("before {spelling} after"));
            assert_eq!(struck, "before [secret] after", "{spelling}");
        }
    }

    #[test]
    fn a_secret_within_another_hides_neither() {
        for secrets in [
            ["abcd", "xxabcdyy"],
            ["xxabcdyy", "abcd"],
            ["xxabcd", "abcdyy"],
        ] {
            assert_eq!(struck(&secrets, "is xxabcdyy it"), "is [secret] it");
        }
    }

    #[test]
    fn a_long_line_of_a_value_is_struck_and_a_short_one_is_not() {
        let pem = "-----BEGIN X-----\r\nMIIEvQIBADANBgkqhkiG\r\nend\r\n";
        assert_eq!(struck(&[pem], "MIIEvQIBADANBgkqhkiG"), "[secret]");
        assert_eq!(struck(&[pem], "the end"), "the end");
    }

    #[test]
    fn what_is_no_secret_stays() {
        let text = r"100% of \u12 \x %zz %4 ünd abc";
        assert_eq!(struck(&["abc", "long enough"], text), text);
        assert_eq!(
            struck(&["x".repeat(30).as_str()], &"y".repeat(70_000)).len(),
            22
        );
    }

    #[test]
    fn half_a_text_is_not_called_a_wrong_type() {
        let error = serde_json::from_str::<Secret>("\"cana").unwrap_err();
        assert!(error.is_eof(), "{error}");
        assert!(!error.to_string().contains("cana"));
    }

    #[test]
    fn a_wrong_type_is_not_quoted() {
        for json in [
            "12345",
            "true",
            "{\"canary\":1}",
            "[\"canary\"]",
            "null",
            "1.5",
        ] {
            let error = serde_json::from_str::<Secret>(json)
                .unwrap_err()
                .to_string();
            assert!(
                !error.contains("canary") && !error.contains("12345"),
                "{error}"
            );
        }
    }
}
