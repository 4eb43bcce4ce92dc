//! Workload identity: a token of another issuer (Kubernetes, say) as an application's proof.
//!
//! Source: the third case of Microsoft's "OAuth 2.0 client credentials flow" (federated credential);
//! the variables are those that Azure Workload Identity's webhook sets in a pod.

use std::path::PathBuf;

use super::Application;
use super::entra::ProvenBy;
use crate::cloud::Host;
use crate::deadline::Deadline;
use crate::error::{Error, Exit};
use crate::file::{self, ReadError, shown};
use crate::http::Client;
use crate::secret::Secret;
use crate::text::without_mark;
use crate::token::{AccessToken, Audience};

#[derive(Debug)]
pub(crate) struct Workload {
    pub(crate) application: Application,
    /// The file with the token, which its issuer renews: it is read when it is needed.
    pub(crate) token_file: PathBuf,
    /// Whether this looks like a pod of Kubernetes.
    pub(crate) in_pod: bool,
    pub(crate) deadline: Deadline,
}

const LARGEST: usize = 64 * 1024;

/// Where Kubernetes mounts what it gives to pods.
const MOUNTS: &str = "/var/run/secrets";

impl Workload {
    pub(super) fn token(
        &self,
        client: &Client,
        authority: &Host,
        audience: &Audience,
    ) -> Result<AccessToken, Error> {
        let (assertion, by) = (self.assertion()?, ProvenBy::FederatedToken);
        let application = &self.application;
        application.token_by_assertion(client, authority, audience, by, &assertion)
    }

    /// The file's content without the mark and white space that editors leave, which Entra ID refuses.
    fn assertion(&self) -> Result<Secret, Error> {
        let file = shown(&self.token_file);
        let problem = |cause: String| {
            let exit = if self.deadline.passed() {
                Exit::Deadline
            } else {
                Exit::Usage
            };
            Error::new(
                exit,
                format!("cannot read the federated token in `{file}`"),
                cause,
            )
        };
        let content = file::read(&self.token_file, LARGEST, &self.deadline)
            .map_err(|cause| problem(cause.to_string()).maybe_hint(self.advice(&cause)))?;
        match std::str::from_utf8(without_mark(&content.bytes)).map(str::trim) {
            Ok("") => Err(problem("it is empty".to_owned())),
            Ok(text) if text.bytes().all(|b| b.is_ascii_graphic()) => {
                Ok(Secret::new(text.to_owned()))
            }
            Ok(_) | Err(_) => Err(problem("it does not hold a token".to_owned())),
        }
    }

    /// What to do about a file that cannot be read.
    fn advice(&self, cause: &ReadError) -> Option<String> {
        let in_pod = self.in_pod || self.token_file.starts_with(MOUNTS);
        let hint = match (cause.is_absent(), cause.is_denied(), in_pod) {
            (true, _, true) => {
                "in Kubernetes the webhook mounts it: the pod needs the label `azure.workload.identity/use: \"true\"` when it is created, and its service account the annotation `azure.workload.identity/client-id`"
            }
            (true, _, false) => {
                "whoever issues the token (a CI job, say) must have written it there before this runs"
            }
            (_, true, true) => {
                "in Kubernetes the pod's `securityContext` says who may read it: an `fsGroup`, or with `runAsUser` the user who runs this"
            }
            (_, true, false) => "let the user who runs this read it",
            (false, false, _) => return None,
        };
        Some(hint.to_owned())
    }
}
