//! Names without values: what the vaults list.

use std::collections::HashSet;

use crate::credentials::{Credential, Document, Shape};
use crate::error::{Error, Exit, Failures};
use crate::fetch::Order;
use crate::gaps::Gaps;
use crate::missing::Missing;
use crate::secret::Secret;
use crate::select::{self, Wanted};
use crate::selection::What;
use crate::session::Session;
use crate::vault::{Listed, VaultName};

/// The documents of everything selected, with empty passwords: each vault is listed once.
///
/// # Errors
/// Every failure there was; then there are no documents.
pub fn list(session: &Session, order: &Order) -> Result<Vec<Document>, Failures> {
    let (missing, shape) = (order.missing, order.shape);
    let selection = select::locate(session, order.selection, missing)?;
    let token = session.token()?;
    let mut failures = Vec::new();
    let listings = select::list(session, &selection.vaults(), &token, &mut failures);
    let documents = match selection.from_vaults.as_ref().map(|from| &from.what) {
        Some(What::Listed(filter)) => {
            select::choose(session, filter, missing, &listings, &mut failures)
                .into_iter()
                .map(|(_, listed)| document(listed, shape))
                .collect()
        }
        Some(What::Secrets(_)) | None => {
            let wanted = select::known(&selection);
            named(session, &wanted, missing, shape, &listings, &mut failures)
        }
    };
    Failures::check(failures)?;
    Ok(documents)
}

fn named(
    session: &Session,
    wanted: &[Wanted],
    missing: Missing,
    shape: &Shape,
    listings: &[(VaultName, Vec<Listed>)],
    failures: &mut Vec<Error>,
) -> Vec<Document> {
    let mut gaps = Gaps::new(missing);
    let mut documents = Vec::new();
    let mut seen = HashSet::new();
    for one in wanted {
        let credential = &one.credential;
        if !seen.insert(credential.key()) {
            continue;
        }
        let Some((_, listed)) = listings
            .iter()
            .find(|(vault, _)| *vault == credential.vault)
        else {
            gaps.settle(credential);
            continue;
        };
        match listed
            .iter()
            .find(|secret| secret.name == credential.secret)
        {
            None => gaps.missing(one, absent(credential), failures),
            Some(secret) if !secret.enabled => {
                gaps.settle(credential);
                let operation = format!("cannot list `{credential}`");
                let error = Error::new(Exit::NotFound, operation, "the secret is disabled");
                failures.push(error.hint(ENABLE));
            }
            Some(secret) => {
                gaps.settle(credential);
                documents.push(document(secret, shape));
            }
        }
    }
    gaps.close(session.client.reporter(), failures);
    documents
}

/// As the vault spells it.
fn document(secret: &Listed, shape: &Shape) -> Document {
    Document {
        user: shape.user(&secret.name, &secret.tags).to_owned(),
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
