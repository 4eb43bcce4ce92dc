//! `fetch`: everything selected, read and written as documents, as variables, or as one file a secret.

use std::collections::HashMap;

use crate::buffer::Buffer;
use crate::credentials::{Decode, Dialect, Json, Shape};
use crate::error::Failures;
use crate::named::read_named;
use crate::report::Reporter;
use crate::resolve::{Plan, resolve};
use crate::selection::Selection;
use crate::session::{Azure, Session};
use crate::sink::{Entry, Sink, Tree, Written};
use crate::variables::Naming;

/// What is fetched, and what becomes of it.
pub(crate) struct Fetch {
    pub(crate) azure: Azure,
    pub(crate) selection: Selection,
    pub(crate) shape: Shape,
    pub(crate) output: Output,
}

/// How it is written, and where to.
pub(crate) enum Output {
    Documents(Json, Sink),
    Variables(Dialect, Naming, Sink),
    Files(Option<Decode>, Tree),
}

impl Fetch {
    pub(crate) fn run(&self, reporter: &dyn Reporter) -> Result<(), Failures> {
        let client = self.azure.client(reporter);
        let session = self.azure.session(&client);
        let plan = resolve(&session, &self.selection)?;
        let (credentials, written) = match &self.output {
            Output::Documents(json, sink) => {
                let documents = plan.read(&session, |wanted, content| {
                    self.shape.document(&wanted.credential, content)
                })?;
                reporter.progress_over();
                let bytes = json.render(&documents);
                let written = sink.write(bytes.as_slice(), client.deadline())?;
                (documents.len(), written)
            }
            Output::Variables(dialect, naming, sink) => {
                let named = read_named(&session, plan, naming, &self.shape, |_| false)?;
                reporter.progress_over();
                let bytes = named.render(*dialect);
                let written = sink.write(bytes.as_slice(), client.deadline())?;
                (named.count(), written)
            }
            Output::Files(decode, tree) => {
                let files = self.files(&session, plan, *decode)?;
                reporter.progress_over();
                let entries: Vec<_> = files.iter().map(SecretFile::entry).collect();
                (entries.len(), tree.write(&entries, client.deadline())?)
            }
        };
        reporter.delivered(credentials, written != Written::Already);
        Ok(())
    }

    /// A vault's files are together, however it was spelled.
    fn files(
        &self,
        session: &Session,
        plan: Plan,
        decode: Option<Decode>,
    ) -> Result<Vec<SecretFile>, Failures> {
        let mut spelled: HashMap<String, String> = HashMap::new();
        plan.read(session, |wanted, content| {
            let credential = &wanted.credential;
            let vault = spelled
                .entry(credential.vault.key())
                .or_insert_with(|| credential.vault.to_string())
                .clone();
            Ok(SecretFile {
                vault,
                secret: credential.secret.to_string(),
                bytes: self.shape.bytes(credential, content, decode)?,
            })
        })
    }
}

/// A secret as a file.
struct SecretFile {
    vault: String,
    secret: String,
    bytes: Buffer,
}

impl SecretFile {
    fn entry(&self) -> Entry<'_> {
        Entry {
            vault: &self.vault,
            secret: &self.secret,
            bytes: self.bytes.as_slice(),
        }
    }
}
