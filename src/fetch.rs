//! Reading what was selected: one secret after another, every failure noted.

use std::collections::{HashMap, HashSet};

use crate::credentials::{Credential, Document};
use crate::error::{Error, Exit, Failures};
use crate::secret::Secret;
use crate::session::{Missing, Selection, Session};
use crate::vault::{Reach, Vault};

/// The documents of everything selected, in its order.
///
/// # Errors
/// Every failure there was; then there are no documents.
pub fn fetch(
    session: &Session,
    selection: &Selection,
    missing: Missing,
) -> Result<Vec<Document>, Failures> {
    let mut documents = Vec::new();
    read(session, selection, missing, |credential, password| {
        documents.push(Document {
            user: credential.secret.as_str().to_owned(),
            password,
            name: credential.to_string(),
        });
    })?;
    Ok(documents)
}

/// Reads each selected secret once, and hands it on with the credential that asked for it.
fn read(
    session: &Session,
    selection: &Selection,
    missing: Missing,
    mut keep: impl FnMut(&Credential, Secret),
) -> Result<(), Failures> {
    let wanted = selection.credentials();
    if wanted.is_empty() {
        return Ok(());
    }
    let token = session.token()?;
    let mut vaults: HashMap<String, Vault> = HashMap::new();
    let mut condemned = HashSet::new();
    let mut failures = Vec::new();
    let mut gaps = Gaps::new(selection, missing);
    for (index, credential) in wanted.iter().enumerate() {
        let key = credential.vault.key();
        if condemned.contains(&key) {
            gaps.unknown(credential);
            continue;
        }
        if session.client.out_of_time() {
            failures.push(untried(session, &wanted[index..]));
            break;
        }
        session
            .client
            .reporter()
            .progress(credential.vault.as_str(), index, wanted.len());
        let vault = vaults
            .entry(key.clone())
            .or_insert_with(|| session.vault(&credential.vault, &token));
        match vault.get(&credential.secret, credential.version.as_ref()) {
            Ok(value) => {
                gaps.found(credential);
                keep(credential, value);
            }
            Err(refusal) => match refusal.reach {
                Reach::Missing => gaps.missing(credential, refusal.error, &mut failures),
                Reach::Request => {
                    gaps.unknown(credential);
                    failures.push(refusal.error);
                }
                Reach::Vault => {
                    gaps.unknown(credential);
                    condemned.insert(key);
                    failures.push(refusal.error);
                }
            },
        }
    }
    gaps.close(session, &mut failures);
    Failures::check(failures)
}

fn untried(session: &Session, left: &[Credential]) -> Error {
    let names: Vec<_> = left
        .iter()
        .map(|credential| format!("`{credential}`"))
        .collect();
    Error::new(
        Exit::Deadline,
        format!(
            "the deadline of {} (`--timeout`) passed",
            session.deadline.seconds()
        ),
        format!("not tried: {}", names.join(", ")),
    )
    .hint("give it more time with `--timeout SECONDS`")
}

/// What did not exist, and what that means once everything was tried.
pub(crate) struct Gaps {
    missing: Missing,
    /// Of vaults × secrets one vault is enough; a named credential must exist itself.
    anywhere: bool,
    /// By secret: the vaults that lack it.
    gaps: Vec<(String, Vec<Credential>, Option<Error>)>,
    /// The secrets that some vault has, or may have: it could not be asked.
    settled: HashSet<String>,
}

impl Gaps {
    pub(crate) fn new(selection: &Selection, missing: Missing) -> Self {
        let anywhere = selection.is_product();
        Self {
            missing,
            anywhere,
            gaps: Vec::new(),
            settled: HashSet::new(),
        }
    }

    pub(crate) fn found(&mut self, credential: &Credential) {
        self.settled.insert(credential.secret.key());
    }

    pub(crate) fn unknown(&mut self, credential: &Credential) {
        self.settled.insert(credential.secret.key());
    }

    pub(crate) fn missing(
        &mut self,
        credential: &Credential,
        error: Error,
        failures: &mut Vec<Error>,
    ) {
        match self.missing {
            Missing::Skip => {}
            Missing::Sparse if self.anywhere => {
                let key = credential.secret.key();
                match self.gaps.iter_mut().find(|(secret, ..)| *secret == key) {
                    Some((_, credentials, _)) => credentials.push(credential.clone()),
                    None => self.gaps.push((key, vec![credential.clone()], Some(error))),
                }
            }
            Missing::Sparse | Missing::Error => failures.push(error),
        }
    }

    /// A gap is a warning where another vault has the secret, and an error where none has.
    pub(crate) fn close(self, session: &Session, failures: &mut Vec<Error>) {
        for (key, credentials, error) in self.gaps {
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
