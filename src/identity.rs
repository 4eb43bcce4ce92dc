//! `Identity`: who this machine or application is to Azure, and the exchange that gets its token.
//!
//! Each exchange on the wire is a file of its own in `identity/`.

mod client_secret;
mod metadata;

use serde::Deserialize;
use serde_json::Value;
use serde_json::error::Category;

pub use client_secret::ClientSecret;
pub use metadata::{DEFAULT_ENDPOINT, ManagedIdentity, MetadataEndpoint};

use crate::cloud::Cloud;
use crate::error::{Error, Exit};
use crate::http::{Answer, Client};
use crate::secret::Secret;
use crate::token::{AccessToken, Audience};

/// Who asks for a token.
#[derive(Debug)]
pub enum Identity {
    /// An app registration that proves itself with a client secret.
    ClientSecret(ClientSecret),
    /// A virtual machine's managed identity, by its metadata endpoint.
    Metadata(MetadataEndpoint, ManagedIdentity),
}

impl Identity {
    /// Who it is, for `--verbose`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::ClientSecret(application) => {
                let (client_id, tenant) = (&application.client_id, &application.tenant);
                format!("the application `{client_id}` of the tenant `{tenant}`, by its secret")
            }
            Self::Metadata(_, ManagedIdentity::System) => {
                "this machine's own managed identity".to_owned()
            }
            Self::Metadata(
                _,
                ManagedIdentity::ClientId(id)
                | ManagedIdentity::ObjectId(id)
                | ManagedIdentity::ResourceId(id),
            ) => format!("the user-assigned managed identity `{id}`"),
        }
    }

    /// Gets the token for an audience: one request, and those that the retry rules add.
    ///
    /// # Errors
    /// [`Exit::NoToken`] where the identity is refused or does not exist; [`Exit::Unreachable`],
    /// [`Exit::Service`] and [`Exit::Deadline`] as for every request.
    pub fn token(
        &self,
        client: &Client,
        cloud: &Cloud,
        audience: &Audience,
    ) -> Result<AccessToken, Error> {
        let token = match self {
            Self::ClientSecret(application) => {
                application.token(client, &cloud.authority, audience)
            }
            Self::Metadata(endpoint, identity) => {
                metadata::token(client, endpoint, identity, audience)
            }
        }?;
        client.learn(token.secret());
        Ok(token)
    }
}

/// What every token endpoint answers with; other fields differ from one to the other.
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Secret,
}

/// The token in an answer with status 200.
fn token_in(answer: &Answer, operation: &str, host: &str) -> Result<AccessToken, Error> {
    let senseless = |what: String| {
        Error::new(Exit::Service, operation, format!("`{host}` answered 200 with {what}"))
            .hint("something that is not Azure answers there: a captive portal, an inspecting proxy, a wrong address?")
    };
    let token: TokenAnswer = serde_json::from_slice(&answer.body).map_err(|error| {
        senseless(match error.classify() {
            Category::Data => "JSON that holds no token".to_owned(),
            Category::Eof if !answer.body.is_empty() => {
                format!("JSON that breaks off ({})", answer.content_type())
            }
            _ => format!("no JSON ({})", answer.content_type()),
        })
    })?;
    AccessToken::parse(token.access_token)
        .ok_or_else(|| senseless("a token that no header can carry".to_owned()))
}

/// A field of an error's body, where it is text.
fn text<'a>(body: &'a Value, name: &str) -> Option<&'a str> {
    body.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// An answer that is no error of the service's own: the status, and what kind of body came.
fn unexpected(answer: &Answer, operation: &str, host: &str) -> Error {
    let (status, kind, aftermath) = (answer.status, answer.content_type(), answer.aftermath());
    let cause = format!("`{host}` answered {status} ({kind}){aftermath}");
    let hint = match status {
        300..=399 => Some(
            "redirects are not followed: a captive portal or a proxy may be in the way".to_owned(),
        ),
        500.. => answer.aftermath_hint(),
        _ => answer.aftermath_hint().or_else(|| {
            let hint =
                "something that is not Azure answers there: an inspecting proxy, a wrong address?";
            Some(hint.to_owned())
        }),
    };
    Error::new(answer.exit(Exit::Service), operation, cause).maybe_hint(hint)
}
