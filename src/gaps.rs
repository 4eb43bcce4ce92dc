//! What did not exist, and what that means once everything was tried.

use std::collections::HashSet;

use crate::credentials::Credential;
use crate::error::{Error, Exit};
use crate::missing::Missing;
use crate::report::Reporter;
use crate::select::{Source, Wanted};

/// The gaps of one run.
pub struct Gaps {
    missing: Missing,
    /// By secret: the vaults that lack it.
    by_secret: Vec<(String, Vec<Credential>, Option<Error>)>,
    /// The secrets that some vault has, or may have: it could not be asked.
    settled: HashSet<String>,
    /// What a listing had, and nobody has any more.
    vanished: Vec<Credential>,
}

impl Gaps {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(missing: Missing) -> Self {
        Self {
            missing,
            by_secret: Vec::new(),
            settled: HashSet::new(),
            vanished: Vec::new(),
        }
    }

    /// It exists, or its vault could not be asked: it may exist.
    pub fn settle(&mut self, credential: &Credential) {
        self.settled.insert(credential.secret.key());
    }

    /// It does not exist: at once a failure, or kept until all vaults were asked.
    pub fn missing(&mut self, wanted: &Wanted, error: Error, failures: &mut Vec<Error>) {
        let credential = &wanted.credential;
        match (self.missing, wanted.source) {
            (Missing::Skip, _) => {}
            (Missing::Error, _) | (Missing::Sparse, Source::Named) => failures.push(error),
            (Missing::Sparse, Source::Listed) => self.vanished.push(credential.clone()),
            (Missing::Sparse, Source::Product) => {
                let key = credential.secret.key();
                match self
                    .by_secret
                    .iter_mut()
                    .find(|(secret, ..)| *secret == key)
                {
                    Some((_, credentials, _)) => credentials.push(credential.clone()),
                    None => self
                        .by_secret
                        .push((key, vec![credential.clone()], Some(error))),
                }
            }
        }
    }

    /// A gap is a warning where another vault has the secret, and an error where none has.
    pub fn close(self, reporter: &dyn Reporter, failures: &mut Vec<Error>) {
        for credential in self.vanished {
            reporter.warning(&format!(
                "`{credential}` was listed, but does not exist any more, and is left out"
            ));
        }
        for (key, credentials, error) in self.by_secret {
            if self.settled.contains(&key) {
                for credential in credentials {
                    reporter.warning(&format!("`{credential}` does not exist and is left out"));
                }
            } else if let [only] = credentials.as_slice() {
                failures.extend(error.map(|error| error.of(format!("cannot read `{only}`"))));
            } else if let Some(first) = credentials.first() {
                let vaults: Vec<_> = credentials
                    .iter()
                    .map(|c| format!("`{}`", c.vault))
                    .collect();
                let operation = format!("cannot read `{}`", first.secret);
                let cause = format!("no such secret in any of the vaults {}", vaults.join(", "));
                let hint = "check the name, or leave out what does not exist with `--missing skip`";
                failures.push(Error::new(Exit::NotFound, operation, cause).hint(hint));
            }
        }
    }
}
