//! Secrets become credential documents. Pure: nothing is read or written here.
//!
//! The document's three fields are those that XSOAR's `demisto.credentials` takes: `user`, `password`
//! and `name`, here in the order of the documented output. [`Json`] writes documents; a [`Dialect`]
//! writes the passwords alone, as variables; [`Decode`] makes bytes of a value.

mod decode;
mod dotenv;
mod json;
mod shape;
mod shell;

use std::fmt;

pub(crate) use decode::Decode;
pub(crate) use json::Json;
pub(crate) use shape::Shape;

use crate::buffer::Buffer;
use crate::secret::Secret;
use crate::vault::{SecretName, SecretVersion, VaultName};

/// One credential that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Credential {
    /// The vault that holds the secret.
    pub(crate) vault: VaultName,
    /// The secret.
    pub(crate) secret: SecretName,
    /// A version of it, where not the current one is meant.
    pub(crate) version: Option<SecretVersion>,
}

impl Credential {
    /// By what two spellings of one credential are equal; the version is no part of its name.
    pub(crate) fn key(&self) -> (String, String) {
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
pub(crate) struct Document {
    /// A tag's value or one in the secret's own, where that is wanted; else the secret's name.
    pub(crate) user: String,
    /// The secret's value, or one in it; empty in a listing.
    pub(crate) password: Secret,
    /// `VAULT/SECRET`.
    pub(crate) name: String,
}

/// How variables are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// As python-dotenv reads them.
    Dotenv,
    /// For `eval` in any sh.
    Shell,
}

impl Dialect {
    /// The variables, none of which [`has_nul`].
    pub(crate) fn render(self, variables: &[Variable]) -> Buffer {
        let mut out = Buffer::default();
        for (name, value) in variables {
            match self {
                Self::Dotenv => dotenv::assign(name, value.expose(), &mut out),
                Self::Shell => shell::assign(name, value.expose(), &mut out),
            }
        }
        out
    }
}

/// What a variable is called, and what it holds.
pub(crate) type Variable<'a> = (&'a str, &'a Secret);

/// Whether no variable can hold it.
pub(crate) fn has_nul(value: &Secret) -> bool {
    value.expose().contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canary::shows;

    #[test]
    fn debug_shows_no_password() {
        let document = Document {
            user: "db-password".to_owned(),
            password: Secret::new("Canary-v4lue".to_owned()),
            name: "kv-prod/db-password".to_owned(),
        };
        let text = format!("{document:?} {document:#?}");
        assert!(text.contains("kv-prod/db-password"));
        assert!(!shows(text.as_bytes(), "Canary-v4lue"), "{text}");
    }

    #[test]
    fn no_variable_holds_a_nul() {
        for (value, nul) in [("", false), ("a\u{1}", false), ("a\0b", true)] {
            assert_eq!(has_nul(&Secret::new(value.into())), nul);
        }
    }

    #[test]
    fn each_dialect_writes_every_variable() {
        let [a, b] = ["x", "it's"].map(|text| Secret::new(text.into()));
        let text = |dialect: Dialect| {
            let out = dialect.render(&[("A", &a), ("B", &b)]);
            String::from_utf8(out.as_slice().to_vec()).unwrap()
        };
        assert_eq!(text(Dialect::Dotenv), "A=x\nB=\"it's\"\n");
        assert_eq!(text(Dialect::Shell), "A='x'\nB='it'\\''s'\n");
    }
}
