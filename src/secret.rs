//! `Secret`: a value that never shows itself and is wiped when it goes.
//!
//! There is no `Display`, `Deref`, `Clone` or `Serialize`, and `Debug` says nothing. The one way to
//! the value is [`Secret::expose`]: that is the word an auditor searches for.

use std::fmt;
use std::sync::Arc;

use serde::de::{self, Deserialize, Deserializer, Error as _, Visitor};
use zeroize::Zeroizing;

/// A client secret, a token, a password or a vault's value: text that must not be seen.
///
/// What is held here is wiped on drop. Copies that libraries make (the JSON parser's scratch space,
/// TLS buffers, the kernel) live until the process ends.
pub(crate) struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Takes the text over; the caller's buffer becomes the secret's.
    pub(crate) fn new(text: String) -> Self {
        Self(Arc::new(Zeroizing::new(text)))
    }

    /// The value itself, for the wire or the output, never for a message.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Another holder of the same value, in the same memory, which is wiped when the last of them goes.
    pub(crate) fn share(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    /// Whether there is nothing to keep.
    pub(crate) fn is_empty(&self) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_says_nothing() {
        let secret = || Secret::new("canary".into());
        assert_eq!(format!("{:?} {:#?}", secret(), secret()), "Secret Secret");
        assert_eq!(format!("{:?}", Some(secret())), "Some(Secret)");
    }

    #[test]
    fn a_share_is_no_copy() {
        let secret = Secret::new("canary".into());
        let share = secret.share();
        assert!(std::ptr::eq(secret.expose(), share.expose()));
        drop(secret);
        assert_eq!(share.expose(), "canary");
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
