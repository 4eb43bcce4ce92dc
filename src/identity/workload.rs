//! Workload identity: a token of another issuer (Kubernetes, say) as an application's proof.
//!
//! Source: the third case of Microsoft's "OAuth 2.0 client credentials flow" (federated credential);
//! the variables are those that Azure Workload Identity's webhook sets in a pod.

use std::path::PathBuf;

use super::Application;
use crate::cloud::Host;
use crate::deadline::Deadline;
use crate::error::{Error, Exit};
use crate::file::{self, shown};
use crate::http::Client;
use crate::secret::Secret;
use crate::text;
use crate::token::{AccessToken, Audience};

#[derive(Debug)]
pub(crate) struct Workload {
    pub(crate) application: Application,
    /// The file with the token, which its issuer renews: it is read when it is needed.
    pub(crate) token_file: PathBuf,
    pub(crate) deadline: Deadline,
}

const LARGEST: usize = 64 * 1024;

impl Workload {
    pub(super) fn token(
        &self,
        client: &Client,
        authority: &Host,
        audience: &Audience,
    ) -> Result<AccessToken, Error> {
        self.application
            .token_by_assertion(client, authority, audience, &self.assertion()?)
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
            Error::new(exit, format!("cannot read the federated token in `{file}`"), cause)
                .hint("in Kubernetes the pod needs the label `azure.workload.identity/use: \"true\"` and its service account")
        };
        let content = file::read(&self.token_file, LARGEST, &self.deadline)
            .map_err(|cause| problem(cause.to_string()))?;
        match text::of_file(&content.bytes).map(str::trim) {
            Ok("") => Err(problem("it is empty".to_owned())),
            Ok(text) if text.bytes().all(|b| b.is_ascii_graphic()) => {
                Ok(Secret::new(text.to_owned()))
            }
            Ok(_) | Err(_) => Err(problem("it does not hold a token".to_owned())),
        }
    }
}
