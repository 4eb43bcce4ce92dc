//! What does not exist: whether that is an error, a warning, or as it should be.

use std::collections::HashSet;

use crate::credentials::Credential;
use crate::error::{Error, Exit};
use crate::session::{Selection, Session};

/// What becomes of a secret that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// A named credential must exist; of vaults × secrets, each secret in at least one vault.
    Sparse,
    /// Everything must exist.
    Error,
    /// It is left out.
    Skip,
}

/// What did not exist, and what that means once everything was tried.
pub struct Gaps {
    missing: Missing,
    /// Of vaults × secrets one vault is enough; a named credential must exist itself.
    anywhere: bool,
    /// By secret: the vaults that lack it.
    by_secret: Vec<(String, Vec<Credential>, Option<Error>)>,
    /// The secrets that some vault has, or may have: it could not be asked.
    settled: HashSet<String>,
}

impl Gaps {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(selection: &Selection, missing: Missing) -> Self {
        let anywhere = selection.is_product();
        Self {
            missing,
            anywhere,
            by_secret: Vec::new(),
            settled: HashSet::new(),
        }
    }

    /// It exists.
    pub fn found(&mut self, credential: &Credential) {
        self.settled.insert(credential.secret.key());
    }

    /// Its vault could not be asked: it may exist.
    pub fn unknown(&mut self, credential: &Credential) {
        self.settled.insert(credential.secret.key());
    }

    /// It does not exist: at once a failure, or kept until all vaults were asked.
    pub fn missing(&mut self, credential: &Credential, error: Error, failures: &mut Vec<Error>) {
        match self.missing {
            Missing::Skip => {}
            Missing::Sparse if self.anywhere => {
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
            Missing::Sparse | Missing::Error => failures.push(error),
        }
    }

    /// A gap is a warning where another vault has the secret, and an error where none has.
    pub fn close(self, session: &Session, failures: &mut Vec<Error>) {
        for (key, credentials, error) in self.by_secret {
            if self.settled.contains(&key) {
                for credential in credentials {
                    let text = format!("`{credential}` does not exist and is left out");
                    session.client.reporter().warning(&text);
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
