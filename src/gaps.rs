//! What did not exist, and what that means once everything was tried.

use std::collections::{HashMap, HashSet};

use crate::credentials::Credential;
use crate::error::{Error, Exit};
use crate::report::Reporter;
use crate::selection::{Missing, Source, Wanted};

/// The gaps of one run.
pub(crate) struct Gaps {
    missing: Missing,
    /// The secrets that some vaults lack, in order.
    lacking: Vec<Lacking>,
    /// Where each of them stands there.
    places: HashMap<String, usize>,
    /// The secrets that some vault has, or may have: it could not be asked.
    settled: HashSet<String>,
    /// What a listing had, and nobody has any more.
    vanished: Vec<Credential>,
}

/// A secret, of each vault that lacks it, and what the first of them said.
struct Lacking {
    secret: String,
    credentials: Vec<Credential>,
    error: Error,
}

impl Gaps {
    pub(crate) fn new(missing: Missing) -> Self {
        Self {
            missing,
            lacking: Vec::new(),
            places: HashMap::new(),
            settled: HashSet::new(),
            vanished: Vec::new(),
        }
    }

    /// It exists, or its vault could not be asked: it may exist.
    pub(crate) fn settle(&mut self, credential: &Credential) {
        self.settled.insert(credential.secret.key());
    }

    /// It does not exist: a failure at once, or judged when all vaults were asked.
    pub(crate) fn missing(&mut self, wanted: &Wanted, error: Error) -> Option<Error> {
        let credential = wanted.credential.clone();
        match (self.missing, wanted.source) {
            (Missing::Skip, _) => {}
            (Missing::Error, _) | (Missing::Sparse, Source::Named) => return Some(error),
            (Missing::Sparse, Source::Listed) => self.vanished.push(credential),
            (Missing::Sparse, Source::Product) => self.lack(credential, error),
        }
        None
    }

    fn lack(&mut self, credential: Credential, error: Error) {
        let secret = credential.secret.key();
        let next = self.lacking.len();
        let place = *self.places.entry(secret.clone()).or_insert(next);
        match self.lacking.get_mut(place) {
            Some(lacking) => lacking.credentials.push(credential),
            None => self.lacking.push(Lacking {
                secret,
                credentials: vec![credential],
                error,
            }),
        }
    }

    /// A gap is a warning where another vault has the secret, and an error where none has.
    pub(crate) fn close(self, reporter: &dyn Reporter, failures: &mut Vec<Error>) {
        for credential in self.vanished {
            reporter.warning(&format!(
                "`{credential}` was listed, but does not exist any more, and is left out"
            ));
        }
        for lacking in self.lacking {
            if !self.settled.contains(&lacking.secret) {
                failures.push(nowhere(lacking));
                continue;
            }
            for credential in lacking.credentials {
                reporter.warning(&format!("`{credential}` does not exist and is left out"));
            }
        }
    }
}

/// No vault has it.
fn nowhere(lacking: Lacking) -> Error {
    let vaults: Vec<_> = lacking
        .credentials
        .iter()
        .map(|credential| format!("`{}`", credential.vault))
        .collect();
    match lacking.credentials.as_slice() {
        [first, _, ..] => {
            let operation = format!("cannot read `{}`", first.secret);
            let cause = format!("no such secret in any of the vaults {}", vaults.join(", "));
            Error::new(Exit::NotFound, operation, cause)
                .hint("check the name, or leave out what does not exist with `--missing skip`")
        }
        [only] => lacking.error.of(format!("cannot read `{only}`")),
        [] => lacking.error,
    }
}
