//! A server's API key, and how it is shown to the server.
//!
//! Source: Palo Alto's "Get Started with APIs": a standard key is sent as it is; an advanced one never is:
//! its hash goes along with the time and a number used once, so that nobody can send it again.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::http::Sign;
use crate::secret::Secret;
use crate::text::is_surrounded;

pub(crate) struct Key {
    secret: Secret,
    kind: KeyKind,
}

/// How a key is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyKind {
    /// XSOAR 6: the key alone.
    Plain,
    /// XSOAR 8: the key, and its id.
    Standard(String),
    /// XSOAR 8: a hash of the key, and its id.
    Advanced(String),
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "a key without an id (XSOAR 6)",
            Self::Standard(_) => "a standard key (XSOAR 8)",
            Self::Advanced(_) => "an advanced key (XSOAR 8)",
        })
    }
}

impl Key {
    /// A key that a header can carry: visible ASCII.
    pub(crate) fn new(secret: Secret, kind: KeyKind) -> Option<Self> {
        let fits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        let id = match &kind {
            KeyKind::Plain => None,
            KeyKind::Standard(id) | KeyKind::Advanced(id) => Some(id),
        };
        let all_fit = fits(secret.expose()) && id.is_none_or(|id| fits(id));
        all_fit.then_some(Self { secret, kind })
    }

    /// Whether it is a key of XSOAR 8.
    pub(crate) fn is_of_8(&self) -> bool {
        self.kind != KeyKind::Plain
    }

    pub(crate) fn kind(&self) -> &KeyKind {
        &self.kind
    }

    /// Whether it was copied with more than itself.
    pub(super) fn is_surrounded(&self) -> bool {
        is_surrounded(self.secret.expose())
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

impl Sign for Key {
    fn headers(&self) -> Option<Vec<(&'static str, Secret)>> {
        let plain = || {
            (
                "authorization",
                Secret::new(self.secret.expose().to_owned()),
            )
        };
        let with_id = |id: &String| ("x-xdr-auth-id", Secret::new(id.clone()));
        Some(match &self.kind {
            KeyKind::Plain => vec![plain()],
            KeyKind::Standard(id) => vec![plain(), with_id(id)],
            KeyKind::Advanced(id) => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH);
                let time = since.unwrap_or_default().as_millis().to_string();
                let nonce = nonce()?;
                let hash = sign(&self.secret, &nonce, &time);
                vec![
                    ("authorization", Secret::new(hash)),
                    with_id(id),
                    ("x-xdr-nonce", Secret::new(nonce)),
                    ("x-xdr-timestamp", Secret::new(time)),
                ]
            }
        })
    }
}

/// The hash of key, nonce and time, in hexadecimal digits.
fn sign(secret: &Secret, nonce: &str, time: &str) -> String {
    let parts = [
        secret.expose().as_bytes(),
        nonce.as_bytes(),
        time.as_bytes(),
    ];
    let whole = Zeroizing::new(parts.concat());
    let mut digits = String::with_capacity(64);
    for byte in digest(&SHA256, &whole).as_ref() {
        digits.push_str(&format!("{byte:02x}"));
    }
    digits
}

/// 64 characters that nobody can guess: six bits each of 64 random bytes.
fn nonce() -> Option<String> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789AZ";
    let mut bytes = [0; 64];
    SystemRandom::new().fill(&mut bytes).ok()?;
    let characters = bytes
        .iter()
        .map(|byte| char::from(DIGITS[usize::from(byte % 64)]));
    Some(characters.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_a_hash_of_all_three() {
        let secret = Secret::new("key".into());
        // printf keynoncetime | sha256sum
        assert_eq!(
            sign(&secret, "nonce", "time"),
            "f0031db6341319be8ff50b0791d8a09a3955ac43b2c00a806fe146a85c9a96ab"
        );
    }

    #[test]
    fn no_nonce_comes_twice() {
        let (a, b) = (nonce().unwrap(), nonce().unwrap());
        assert!(a != b && a.len() == 64 && a.bytes().all(|b| b.is_ascii_alphanumeric()));
    }

    #[test]
    fn a_key_fits_into_a_header() {
        for bad in ["", "a b", "a\nb", "ä"] {
            assert!(
                Key::new(Secret::new(bad.into()), KeyKind::Plain).is_none(),
                "{bad:?}"
            );
        }
        let key = |kind| Key::new(Secret::new("k".into()), kind);
        assert!(key(KeyKind::Standard(String::new())).is_none());
        assert_eq!(format!("{:?}", key(KeyKind::Plain).unwrap()), "Key");
    }
}
