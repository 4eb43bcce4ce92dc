//! Secrets become credential documents. Pure: nothing is read or written here.
//!
//! The document's three fields are those that XSOAR's `demisto.credentials` takes: `user`, `password`
//! and `name`, here in the order of the documented output. [`json`] writes documents; [`dotenv`] and
//! [`shell`] write the passwords alone, as variables.

pub mod dotenv;
pub mod json;
mod shape;
pub mod shell;

use std::fmt;
use std::io::{self, Write};

use zeroize::Zeroizing;

pub(crate) use shape::Decode;
pub use shape::Shape;

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
pub(crate) enum Json {
    /// An array, one credential a line.
    Array,
    /// One object a line.
    Lines,
}

impl Json {
    pub(crate) fn render(self, documents: &[Document]) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Array => json::array(documents),
            Self::Lines => json::lines(documents),
        }
    }
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
    pub(crate) fn render(self, variables: &[Variable]) -> Zeroizing<Vec<u8>> {
        let rendered = match self {
            Self::Dotenv => dotenv::render(variables),
            Self::Shell => shell::render(variables),
        };
        rendered.unwrap_or_default()
    }
}

/// What a variable is called, and what it holds.
pub type Variable<'a> = (&'a str, &'a Secret);

/// The places of the values that no variable can hold: they have a NUL.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused(pub Vec<usize>);

/// Whether variables can hold their values.
///
/// # Errors
/// Every one that cannot.
pub fn check_variables(variables: &[Variable]) -> Result<(), Refused> {
    let refused = variables
        .iter()
        .enumerate()
        .filter(|(_, (_, value))| has_nul(value))
        .map(|(index, _)| index)
        .collect::<Vec<_>>();
    if refused.is_empty() {
        Ok(())
    } else {
        Err(Refused(refused))
    }
}

pub(crate) fn has_nul(value: &Secret) -> bool {
    value.expose().contains('\0')
}

/// What a writer writes, in memory that is wiped.
pub(crate) fn measured(write: impl Fn(&mut dyn Write) -> io::Result<()>) -> Zeroizing<Vec<u8>> {
    // Measured first: a buffer that grows leaves copies of the values unwiped.
    let mut length = Length(0);
    let counted = write(&mut length);
    let mut text = Zeroizing::new(Vec::with_capacity(length.0));
    let written = write(&mut *text);
    counted
        .and(written)
        .expect("memory takes what is written to it");
    text
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
    fn every_value_with_a_nul_is_refused() {
        let [good, bad] = ["a\u{1}", "a\0b"].map(|text| Secret::new(text.into()));
        let variables = [("A", &bad), ("B", &good), ("C", &bad)];
        assert_eq!(check_variables(&variables), Err(Refused(vec![0, 2])));
        assert_eq!(check_variables(&variables[1..2]), Ok(()));
    }
}
