//! The managed identity of App Service, Functions, Container Apps and Automation.
//!
//! Source: Microsoft's "Use managed identities for App Service and Azure Functions", REST protocol.

use serde_json::Value;

use super::managed::{Endpoint, ManagedIdentity};
use super::{text, token_of, unexpected};
use crate::error::{Error, Exit};
use crate::http::{Answer, Body, Client, Policy, Request};
use crate::secret::Secret;
use crate::token::{AccessToken, Audience};

/// Where the identity is asked for, and the header that proves that we run there.
#[derive(Debug)]
pub struct AppService {
    /// `IDENTITY_ENDPOINT`.
    pub endpoint: Endpoint,
    /// `IDENTITY_HEADER`.
    pub header: Secret,
}

impl AppService {
    pub(super) fn token(
        &self,
        client: &Client,
        identity: &ManagedIdentity,
        audience: &Audience,
    ) -> Result<AccessToken, Error> {
        client.learn(&self.header);
        let operation = identity.operation();
        let url = identity.url(self.endpoint.as_str(), "2019-08-01", audience, "mi_res_id")?;
        let request = Request {
            purpose: "token".into(),
            url: &url,
            headers: &[("metadata", "true")],
            secret_header: Some(("x-identity-header", "", &self.header)),
            signature: None,
            body: Body::Nothing,
            policy: Policy::Metadata,
        };
        let answer = client
            .send(&request)
            .map_err(|failure| failure.during(operation.as_str()))?;
        match answer.status {
            200 => token_of(identity, &answer, &operation, url.host()),
            400..=499 => Err(refusal(client, &answer, &operation, url.host())),
            _ => Err(unexpected(&answer, &operation, url.host())),
        }
    }
}

/// Its no: `{"statusCode": …, "message": …}`.
fn refusal(client: &Client, answer: &Answer, operation: &str, host: &str) -> Error {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let Some(message) = text(&body, "message") else {
        return unexpected(answer, operation, host);
    };
    let words = client.quote(message);
    let cause = format!(
        "the identity endpoint answered {}: {words}{}",
        answer.status,
        answer.aftermath()
    );
    let exit = match answer.status {
        404 | 408 | 410 | 429 => Exit::Service,
        _ => Exit::NoToken,
    };
    Error::new(answer.exit(exit), operation, cause)
        .hint("is the identity assigned to this app? (`az webapp identity assign`, `az functionapp identity assign`)")
        .maybe_hint(answer.aftermath_hint())
}
