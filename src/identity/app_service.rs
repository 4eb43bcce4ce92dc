//! The managed identity of App Service, Functions, Container Apps and Automation.
//!
//! Source: Microsoft's "Use managed identities for App Service and Azure Functions", REST protocol.

use super::answer::TokenAnswer;
use super::managed::{self, Endpoint, ManagedIdentity};
use crate::error::Error;
use crate::http::{Client, Request, Said, Service, Verdict};
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
        let request = Request::metadata(&url).purpose("token");
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

    fn operation(&self) -> String {
        self.0.operation()
    }

    /// Its no: `{"statusCode": …, "message": …}`.
    fn verdict(&self, said: &Said) -> Option<Verdict<()>> {
        let (status, words) = (said.status, said.words(&["/message"]));
        if words.is_empty() || !(400..=499).contains(&status) {
            return None;
        }
        let what = format!("the identity endpoint answered {status}");
        let verdict = Verdict::new(managed::exit(status), what).words(words);
        Some(verdict.hint("is the identity assigned to this app? (`az webapp identity assign`, `az functionapp identity assign`)"))
    }
}
