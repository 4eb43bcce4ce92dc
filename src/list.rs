//! Names without values: what the vaults list.

use std::collections::HashSet;

use crate::credentials::{Credential, Document};
use crate::error::{Error, Exit, Failures};
use crate::missing::{Gaps, Missing};
use crate::secret::Secret;
use crate::session::{Selection, Session};
use crate::vault::{Listed, VaultName};

/// The documents of everything selected, with empty passwords: each vault is listed once.
///
/// # Errors
/// Every failure there was; then there are no documents.
pub fn list(
    session: &Session,
    selection: &Selection,
    missing: Missing,
) -> Result<Vec<Document>, Failures> {
    let token = session.token()?;
    let mut failures = Vec::new();
    let mut listings: Vec<(VaultName, Vec<Listed>)> = Vec::new();
    let vaults = selection.vaults();
    for (index, name) in vaults.iter().enumerate() {
        if session.client.out_of_time() {
            failures.push(session.untried(&vaults[index..]));
            break;
        }
        session
            .client
            .reporter()
            .progress(name.as_str(), index, vaults.len());
        match session.vault(name, &token).list() {
            Ok(listed) => listings.push((name.clone(), listed)),
            Err(refusal) => failures.push(refusal.error),
        }
    }
    let documents = match selection {
        Selection::Whole(_) => listings
            .into_iter()
            .flat_map(|(_, listed)| whole(listed))
            .collect(),
        Selection::Named(_) | Selection::Product(..) => {
            named(session, selection, missing, &listings, &mut failures)
        }
    };
    Failures::check(failures)?;
    Ok(documents)
}

/// What can be read and does not merely back a certificate, by name.
fn whole(mut listed: Vec<Listed>) -> Vec<Document> {
    listed.retain(|secret| secret.enabled && !secret.managed);
    listed.sort_by_cached_key(|secret| secret.name.key());
    listed.dedup_by(|a, b| a.name == b.name);
    listed.iter().map(document).collect()
}

fn named(
    session: &Session,
    selection: &Selection,
    missing: Missing,
    listings: &[(VaultName, Vec<Listed>)],
    failures: &mut Vec<Error>,
) -> Vec<Document> {
    let mut gaps = Gaps::new(selection, missing);
    let mut documents = Vec::new();
    let mut seen = HashSet::new();
    for credential in selection.credentials() {
        if !seen.insert(credential.key()) {
            continue;
        }
        let Some((_, listed)) = listings
            .iter()
            .find(|(vault, _)| *vault == credential.vault)
        else {
            gaps.unknown(&credential);
            continue;
        };
        match listed
            .iter()
            .find(|secret| secret.name == credential.secret)
        {
            None => gaps.missing(&credential, absent(&credential), failures),
            Some(secret) if !secret.enabled => {
                gaps.unknown(&credential);
                let operation = format!("cannot list `{credential}`");
                let error = Error::new(Exit::NotFound, operation, "the secret is disabled");
                failures.push(error.hint(ENABLE));
            }
            Some(secret) => {
                gaps.found(&credential);
                documents.push(document(secret));
            }
        }
    }
    gaps.close(session, failures);
    documents
}

/// As the vault spells it.
fn document(secret: &Listed) -> Document {
    Document {
        user: secret.name.as_str().to_owned(),
        password: Secret::new(String::new()),
        name: format!("{}/{}", secret.vault, secret.name),
    }
}

const ENABLE: &str =
    "enable it (`az keyvault secret set-attributes --enabled true`), or leave it out";

fn absent(credential: &Credential) -> Error {
    let operation = format!("cannot list `{credential}`");
    Error::new(Exit::NotFound, operation, "no such secret in this vault").hint("check the name")
}
