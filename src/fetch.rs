//! Reading what was selected: one secret after another, every failure noted.

use std::collections::{HashMap, HashSet};

use crate::credentials::{Credential, Document};
use crate::error::Failures;
use crate::missing::{Gaps, Missing};
use crate::secret::Secret;
use crate::session::{Selection, Session};
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
            let left: Vec<_> = wanted[index..]
                .iter()
                .filter(|credential| !condemned.contains(&credential.vault.key()))
                .collect();
            for credential in &left {
                gaps.unknown(credential);
            }
            failures.push(session.untried(&left));
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
