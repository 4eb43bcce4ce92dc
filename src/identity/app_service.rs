//! The managed identity of App Service, Functions, Container Apps and Automation.
//!
//! Source: Microsoft's "Use managed identities for App Service and Azure Functions", REST protocol.

use super::answer::TokenAnswer;
use super::managed::{self, Endpoint, ManagedIdentity};
use crate::error::{Error, Exit};
use crate::http::{Client, Failure, Policy, Refusal, Request, Said, Service, Verdict};
use crate::secret::Secret;
use crate::token::{AccessToken, Audience};

/// Where the identity is asked for, and the header that proves that we run there.
#[derive(Debug)]
pub(crate) struct AppService {
    pub(crate) endpoint: Endpoint,
    pub(crate) header: Secret,
}

impl AppService {
    pub(super) fn token(
        &self,
        client: &Client,
        identity: &ManagedIdentity,
        audience: &Audience,
    ) -> Result<AccessToken, Error> {
        client.learn(&self.header);
        let service = App(identity);
        let base = self.endpoint.as_str();
        let url = service.url(&identity.address(base, "2019-08-01", audience, "mi_res_id"))?;
        let request = Request::metadata(&url, Policy::Late).purpose("token");
        let request = request.secret_header("x-identity-header", "", &self.header);
        let answer = client.ask(&service, &request)?;
        TokenAnswer::read(&service, &answer)?.of(identity, &service, &answer)
    }
}

/// App Service, asked for this identity's token.
struct App<'a>(&'a ManagedIdentity);

impl Service for App<'_> {
    type Reach = ();
    const NAME: &'static str = "Azure";
    const STRANGERS: &'static str = "is `IDENTITY_ENDPOINT` this app's?";

    fn operation(&self) -> String {
        self.0.operation()
    }

    fn unanswered(&self, failure: Failure) -> Refusal<()> {
        if !managed::is_absence(&failure) {
            return Refusal::new(failure.during(self.operation()));
        }
        let cause = format!(
            "the app's identity endpoint does not listen ({})",
            failure.cause
        );
        Refusal::new(Error::new(Exit::NoToken, self.operation(), cause).hint(
            "is it up? It comes some seconds after the app's start, and an init container has none; `IDENTITY_ENDPOINT` must be this app's",
        ))
    }

    fn verdict(&self, said: &Said) -> Option<Verdict<()>> {
        let (status, words) = (said.status, managed::words(said));
        if words.is_empty() || status < 400 {
            return None;
        }
        let what = format!("the identity endpoint answered {status}");
        let verdict = Verdict::new(managed::exit(status), what).words(words);
        Some(match status {
            400..=499 => verdict.hint("is the identity assigned to this app? (`az webapp identity assign`, `az functionapp identity assign`)"),
            500 => verdict.lasting_hint("App Service says this of a wrong id or cloud (`--cloud`) too: check them, and that the identity is assigned; else try again later, or give Microsoft's support the correlation id"),
            _ => verdict,
        })
    }
}
