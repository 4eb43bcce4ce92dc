//! `list`: names without values, as the vaults list them.

use std::collections::HashMap;

use crate::buffer::Buffer;
use crate::credentials::{Credential, Document, Json, Shape};
use crate::error::{Error, Exit, Failures};
use crate::gaps::Gaps;
use crate::report::Reporter;
use crate::resolve::{Listing, choose, list, locate};
use crate::secret::Secret;
use crate::selection::Selection;
use crate::session::{Azure, Session};
use crate::sink::Sink;
use crate::vault::Listed;

/// Whose names are listed, and how.
pub(crate) struct List {
    pub(crate) azure: Azure,
    pub(crate) selection: Selection,
    pub(crate) shape: Shape,
    /// `None`: a name a line.
    pub(crate) json: Option<Json>,
    pub(crate) sink: Sink,
}

impl List {
    pub(crate) fn run(&self, reporter: &dyn Reporter) -> Result<(), Failures> {
        let client = self.azure.client(reporter);
        let session = self.azure.session(&client);
        let documents = self.documents(&session)?;
        let text = match self.json {
            Some(json) => json.render(&documents),
            None => names(&documents),
        };
        reporter.progress_over();
        self.sink.write(text.as_slice(), client.deadline())?;
        Ok(())
    }

    /// The documents of everything selected, with empty passwords: each vault is listed once.
    fn documents(&self, session: &Session) -> Result<Vec<Document>, Failures> {
        let selection = locate(session, &self.selection)?;
        let mut failures = Vec::new();
        let listings = list(session, &selection.vaults(), &mut failures)?;
        let documents = match selection.filter() {
            Some(filter) => choose(session, filter, selection.missing, &listings, &mut failures)
                .into_iter()
                .map(|(_, listed)| self.document(listed))
                .collect(),
            None => self.named(session, &selection, &listings, &mut failures),
        };
        Failures::check(failures)?;
        Ok(documents)
    }

    /// What was selected by name, as far as it is there.
    fn named(
        &self,
        session: &Session,
        selection: &Selection,
        listings: &[Listing],
        failures: &mut Vec<Error>,
    ) -> Vec<Document> {
        let listed: HashMap<_, _> = listings
            .iter()
            .map(|listing| (listing.vault.key(), by_name(&listing.secrets)))
            .collect();
        let mut gaps = Gaps::new(selection.missing);
        let mut documents = Vec::new();
        for wanted in selection.known() {
            let credential = &wanted.credential;
            let Some(secrets) = listed.get(&credential.vault.key()) else {
                gaps.settle(credential);
                continue;
            };
            match secrets.get(&credential.secret.key()) {
                None => failures.extend(gaps.missing(&wanted, absent(credential))),
                Some(secret) => {
                    gaps.settle(credential);
                    if secret.enabled {
                        documents.push(self.document(secret));
                    } else {
                        failures.push(disabled(credential));
                    }
                }
            }
        }
        gaps.close(session.reporter(), failures);
        documents
    }

    /// As the vault spells it.
    fn document(&self, secret: &Listed) -> Document {
        Document {
            user: self.shape.user(&secret.name, &secret.tags).to_owned(),
            password: Secret::new(String::new()),
            name: format!("{}/{}", secret.vault, secret.name),
        }
    }
}

/// Of two of one name the first.
fn by_name(secrets: &[Listed]) -> HashMap<String, &Listed> {
    let secrets = secrets.iter().rev();
    secrets.map(|secret| (secret.name.key(), secret)).collect()
}

fn absent(credential: &Credential) -> Error {
    let operation = format!("cannot list `{credential}`");
    Error::new(Exit::NotFound, operation, "no such secret in this vault").hint("check the name")
}

fn disabled(credential: &Credential) -> Error {
    let operation = format!("cannot list `{credential}`");
    Error::new(Exit::NotFound, operation, "the secret is disabled")
        .hint("enable it (`az keyvault secret set-attributes --enabled true`), or leave it out")
}

/// One name a line.
fn names(documents: &[Document]) -> Buffer {
    let mut out = Buffer::default();
    for document in documents {
        out.push(document.name.as_bytes());
        out.push(b"\n");
    }
    out
}
