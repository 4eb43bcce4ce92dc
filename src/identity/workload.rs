//! Workload identity: a token of another issuer (Kubernetes, say) as an application's proof.
//!
//! Source: the third case of Microsoft's "OAuth 2.0 client credentials flow" (federated credential);
//! the variables are those that Azure Workload Identity's webhook sets in a pod.

use std::path::PathBuf;

use super::{ASSERTION_TYPE, Application};
use crate::cloud::Host;
use crate::deadline::Deadline;
use crate::error::{Error, Exit};
use crate::file::{self, shown};
use crate::http::Client;
use crate::secret::Secret;
use crate::text;
use crate::token::{AccessToken, Audience};

/// An application that proves itself with a federated token.
#[derive(Debug)]
pub struct Workload {
    /// Which application.
    pub application: Application,
    /// The file with the token, which its issuer renews: it is read when it is needed.
    pub token_file: PathBuf,
    /// Until when it may be read.
    pub deadline: Deadline,
}

/// No issuer's token is larger.
const LARGEST: usize = 64 * 1024;

impl Workload {
    pub(super) fn token(
        &self,
        client: &Client,
        authority: &Host,
        audience: &Audience,
    ) -> Result<AccessToken, Error> {
        let assertion = self.assertion()?;
        client.learn(&assertion);
        let proof = [
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", assertion.expose()),
        ];
        self.application.token(client, authority, audience, &proof)
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
        let text = text::of_file(&content.bytes).unwrap_or("\0").trim();
        if text.is_empty() {
            return Err(problem("it is empty".to_owned()));
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(problem("what it holds is no token".to_owned()));
        }
        Ok(Secret::new(text.to_owned()))
    }
}
