//! Secrets become credential documents. Pure: nothing is read or written here.
//!
//! The document's three fields are those that XSOAR's `demisto.credentials` takes: `user`, `password`
//! and `name`, here in the order of the documented output.

use std::fmt;
use std::io::{self, Write};

use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::vault::{SecretName, SecretVersion, VaultName};

/// One credential that is asked for.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The vault that holds the secret.
    pub vault: VaultName,
    /// The secret.
    pub secret: SecretName,
    /// A version of it, where not the current one is meant.
    pub version: Option<SecretVersion>,
}

impl Credential {
    /// By what two spellings of one credential are equal; the version is no part of its name.
    #[must_use]
    pub fn key(&self) -> (String, String) {
        (self.vault.key(), self.secret.key())
    }
}

/// The credential's name in XSOAR: `VAULT/SECRET`.
impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.vault, self.secret)
    }
}

/// What XSOAR gets.
#[derive(Debug)]
pub struct Document {
    /// The user: the secret's name.
    pub user: String,
    /// The password: the secret's value, empty in a listing.
    pub password: Secret,
    /// The name: `VAULT/SECRET`.
    pub name: String,
}

/// How documents are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JSON array, one credential a line.
    Xsoar,
    /// One JSON object a line.
    Jsonl,
}

impl Format {
    /// The format of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "xsoar" => Some(Self::Xsoar),
            "jsonl" => Some(Self::Jsonl),
            _ => None,
        }
    }

    /// The documents as text, in memory that is wiped.
    #[must_use]
    pub fn render(self, documents: &[Document]) -> Zeroizing<Vec<u8>> {
        // Measured first: a buffer that grows leaves copies of the values unwiped.
        let mut length = Length(0);
        self.write(documents, &mut length);
        let mut text = Zeroizing::new(Vec::with_capacity(length.0));
        self.write(documents, &mut *text);
        text
    }

    fn write(self, documents: &[Document], out: &mut impl Write) {
        let mut all = || -> io::Result<()> {
            if self == Self::Xsoar && documents.is_empty() {
                return out.write_all(b"[]\n");
            }
            if self == Self::Xsoar {
                out.write_all(b"[\n")?;
            }
            for (index, document) in documents.iter().enumerate() {
                if self == Self::Xsoar && index > 0 {
                    out.write_all(b",\n")?;
                }
                object(document, out)?;
                if self == Self::Jsonl {
                    out.write_all(b"\n")?;
                }
            }
            if self == Self::Xsoar {
                out.write_all(b"\n]\n")?;
            }
            Ok(())
        };
        all().expect("memory takes what is written to it");
    }
}

/// `serde_json` escapes only what JSON must.
fn object(document: &Document, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"{\"user\":")?;
    serde_json::to_writer(&mut *out, &document.user)?;
    out.write_all(b",\"password\":")?;
    serde_json::to_writer(&mut *out, document.password.expose())?;
    out.write_all(b",\"name\":")?;
    serde_json::to_writer(&mut *out, &document.name)?;
    out.write_all(b"}")
}

/// Counts what is written to it.
struct Length(usize);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn document(value: &str) -> Document {
        Document {
            user: "s".into(),
            password: Secret::new(value.into()),
            name: "kv/s".into(),
        }
    }

    fn text(format: Format, values: &[&str]) -> String {
        let documents: Vec<_> = values.iter().map(|value| document(value)).collect();
        String::from_utf8(format.render(&documents).to_vec()).unwrap()
    }

    #[test]
    fn the_array_has_one_credential_a_line() {
        assert_eq!(text(Format::Xsoar, &[]), "[]\n");
        assert_eq!(text(Format::Jsonl, &[]), "");
        let a = "{\"user\":\"s\",\"password\":\"a\",\"name\":\"kv/s\"}";
        assert_eq!(text(Format::Xsoar, &["a"]), format!("[\n{a}\n]\n"));
        assert_eq!(
            text(Format::Xsoar, &["a", "a"]),
            format!("[\n{a},\n{a}\n]\n")
        );
        assert_eq!(text(Format::Jsonl, &["a", "a"]), format!("{a}\n{a}\n"));
    }

    #[test]
    fn only_what_json_must_is_escaped() {
        let line = text(
            Format::Jsonl,
            &["\"\\/\n\r\t\u{8}\u{c}\u{0}\u{1f}\u{7f}ä世\u{2028}😀<>&'"],
        );
        let value = r#""\"\\/\n\r\t\b\f\u0000\u001f"#.to_owned() + "\u{7f}ä世\u{2028}😀<>&'\"";
        assert_eq!(
            line,
            format!("{{\"user\":\"s\",\"password\":{value},\"name\":\"kv/s\"}}\n")
        );
    }

    proptest! {
        #[test]
        fn any_value_comes_back(value in any::<String>()) {
            let json: serde_json::Value = serde_json::from_str(&text(Format::Xsoar, &[&value])).unwrap();
            prop_assert_eq!(json[0]["password"].as_str(), Some(value.as_str()));
        }

        #[test]
        fn the_buffer_never_grows(values in prop::collection::vec(any::<String>(), 0..4)) {
            let documents: Vec<_> = values.iter().map(|value| document(value)).collect();
            let text = Format::Xsoar.render(&documents);
            prop_assert_eq!(text.len(), text.capacity());
        }
    }
}
