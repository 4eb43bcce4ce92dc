//! `Secret`: a value that never shows itself and is wiped when it goes.
//!
//! There is no `Display`, `Deref`, `Clone` or `Serialize`, and `Debug` says nothing. The one way to
//! the value is [`Secret::expose`]: that is the word an auditor searches for.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
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
        impl Visitor<'_> for Text {
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
            fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Secret, E> {
                Err(E::custom("not a string"))
            }

            fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Secret, E> {
                Err(E::custom("not a string"))
            }

            fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Secret, E> {
                Err(E::custom("not a string"))
            }

            fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Secret, E> {
                Err(E::custom("not a string"))
            }
        }
        deserializer
            .deserialize_string(Text)
            .map_err(|_| D::Error::custom("not a string"))
    }
}

/// What stands where a secret was struck out of a message.
const STRUCK: &str = "[secret]";

/// Values shorter than this are not struck out: a message without its every `a` tells more, not less.
const SHORTEST_STRUCK: usize = 4;

/// RFC 3986's unreserved characters stay, as form encoders leave them.
const FORM: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The secrets of this run, to strike them out of what a service says before it is shown.
#[derive(Default)]
pub struct Redactor(Vec<Secret>);

impl Redactor {
    /// Remembers a value for [`Redactor::strike`].
    pub fn learn(&mut self, secret: &Secret) {
        if secret.expose().len() >= SHORTEST_STRUCK {
            self.0.push(Secret::new(secret.expose().to_owned()));
        }
    }

    /// The text without any known secret: plain, form-encoded, escaped as JSON, or in base64.
    #[must_use]
    pub fn strike(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.0 {
            for form in forms(secret.expose()) {
                if text.contains(form.as_str()) {
                    text = text.replace(form.as_str(), STRUCK);
                }
            }
        }
        text
    }
}

/// The spellings under which a value may come back, longest first where one holds another.
fn forms(value: &str) -> Vec<Zeroizing<String>> {
    let percent = Zeroizing::new(utf8_percent_encode(value, FORM).to_string());
    let quoted = Zeroizing::new(serde_json::Value::from(value).to_string());
    let inner = &quoted[1..quoted.len() - 1];
    let mut forms = vec![
        Zeroizing::new(percent.replace("%20", "+")),
        percent,
        Zeroizing::new(inner.to_owned()),
        Zeroizing::new(value.to_owned()),
    ];
    for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
        // Without the last group: what follows the value in a longer text changes that one.
        let whole = Zeroizing::new(engine.encode(value));
        if whole.len() > 8 {
            forms.push(Zeroizing::new(
                whole[..(whole.len() - 1) / 4 * 4].to_owned(),
            ));
        }
    }
    forms.retain(|form| form.len() >= SHORTEST_STRUCK);
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_says_nothing() {
        assert_eq!(format!("{:?}", Secret::new("canary".into())), "Secret");
    }

    #[test]
    fn every_spelling_is_struck() {
        let mut redactor = Redactor::default();
        redactor.learn(&Secret::new("p~ss \"w/rd+".into()));
        for spelling in [
            "p~ss \"w/rd+",
            "p~ss \\\"w/rd+",
            "p~ss%20%22w%2Frd%2B",
            "p~ss+%22w%2Frd%2B",
            "cH5zcyAidy9yZCs",
        ] {
            let struck = redactor.strike(&format!("before {spelling} after"));
            assert!(struck.contains(STRUCK), "{spelling}: {struck}");
            assert!(!struck.contains("rd"), "{spelling}: {struck}");
        }
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
            assert!(error.starts_with("not a string"), "{error}");
        }
    }
}
