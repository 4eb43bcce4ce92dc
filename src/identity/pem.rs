//! Certificates and keys in PEM, also as XSOAR keeps them: on one line, with blanks or `\n` for newlines.

use rustls_pki_types::pem::{PemObject, SectionKind};
use zeroize::{Zeroize, Zeroizing};

use crate::buffer::Buffer;

/// What a PEM text holds that matters here.
#[derive(Default)]
pub(crate) struct Pem {
    pub(crate) certificates: Vec<Vec<u8>>,
    pub(crate) keys: Vec<Key>,
    pub(crate) encrypted: bool,
}

/// A private key in DER, wiped on drop.
pub(crate) enum Key {
    Pkcs8(Zeroizing<Vec<u8>>),
    Pkcs1(Zeroizing<Vec<u8>>),
    /// SEC 1: an elliptic curve's.
    Sec1,
}

impl Pem {
    /// Reads whatever sections there are; those of other kinds are passed over.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut pem = Self {
            encrypted: text.contains("ENCRYPTED PRIVATE KEY-----") || text.contains("Proc-Type:"),
            ..Self::default()
        };
        if text.contains("Proc-Type:") {
            return Ok(pem);
        }
        let tidy = one_section_a_paragraph(text);
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(tidy.as_slice()) {
            let (kind, mut der) = section.map_err(|_| "it is malformed PEM")?;
            match kind {
                SectionKind::Certificate => pem.certificates.push(der),
                SectionKind::PrivateKey => pem.keys.push(Key::Pkcs8(Zeroizing::new(der))),
                SectionKind::RsaPrivateKey => pem.keys.push(Key::Pkcs1(Zeroizing::new(der))),
                SectionKind::EcPrivateKey => {
                    der.zeroize();
                    pem.keys.push(Key::Sec1);
                }
                _ => {}
            }
        }
        Ok(pem)
    }
}

/// Each boundary on a line of its own, and what is between without blanks.
fn one_section_a_paragraph(text: &str) -> Buffer {
    let mut tidy = Buffer::default();
    let mut rest = text;
    while let Some((body, boundary, after)) = next_boundary(rest) {
        push_body(&mut tidy, body);
        for part in ["\n", boundary, "\n"] {
            tidy.push(part.as_bytes());
        }
        rest = after;
    }
    push_body(&mut tidy, rest);
    tidy
}

/// What stands before the next `-----BEGIN …-----` or `-----END …-----`, that line, and what follows.
fn next_boundary(text: &str) -> Option<(&str, &str, &str)> {
    let dashes = "-----";
    let start = ["-----BEGIN ", "-----END "]
        .iter()
        .filter_map(|word| text.find(word))
        .min()?;
    let label = start + dashes.len();
    let end = label + text[label..].find(dashes)? + dashes.len();
    Some((&text[..start], &text[start..end], &text[end..]))
}

fn push_body(tidy: &mut Buffer, body: &str) {
    let words = body.split_whitespace().flat_map(|word| word.split("\\n"));
    for word in words.flat_map(|word| word.split("\\r")) {
        tidy.push(word.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CERTIFICATE: &str =
        "-----BEGIN CERTIFICATE-----\nAAAA\nBBBB\n-----END CERTIFICATE-----\n";

    fn key(text: &str) -> Vec<u8> {
        match Pem::parse(text).unwrap().keys.pop() {
            Some(Key::Pkcs8(der) | Key::Pkcs1(der)) => der.to_vec(),
            _ => panic!("no key in {text:?}"),
        }
    }

    #[test]
    fn a_key_is_read_in_every_spelling() {
        for label in ["PRIVATE KEY", "RSA PRIVATE KEY"] {
            for text in [
                format!("-----BEGIN {label}-----\nAQID\nBAUG\n-----END {label}-----\n"),
                format!("-----BEGIN {label}-----\r\nAQID\r\nBAUG\r\n-----END {label}-----"),
                format!("-----BEGIN {label}----- AQID BAUG -----END {label}-----"),
                format!("-----BEGIN {label}-----\\nAQID\\nBAUG\\n-----END {label}-----\\n"),
                format!("-----BEGIN {label}-----AQIDBAUG-----END {label}-----"),
                format!(
                    "{CERTIFICATE}Bag Attributes\n-----BEGIN {label}-----\nAQIDBAUG\n-----END {label}-----"
                ),
            ] {
                assert_eq!(key(&text), [1, 2, 3, 4, 5, 6], "{text:?}");
            }
        }
    }

    #[test]
    fn encrypted_keys_are_noticed() {
        for text in [
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
        ] {
            assert!(Pem::parse(text).unwrap().encrypted, "{text}");
        }
        assert!(!Pem::parse(CERTIFICATE).unwrap().encrypted);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = Pem::parse(&text);
        }

        #[test]
        fn no_text_with_boundaries_panics(parts in prop::collection::vec(prop_oneof![
            Just("-----BEGIN PRIVATE KEY-----".to_owned()), Just("-----END PRIVATE KEY-----".to_owned()),
            Just("-----".to_owned()), Just("-----BEGIN ".to_owned()), Just("\\n".to_owned()),
            Just("Proc-Type:".to_owned()), "[A-Za-z0-9+/= ä]{0,8}",
        ], 0..8)) {
            let _ = Pem::parse(&parts.concat());
        }
    }
}
