//! `Identity`: who this machine or application is to Azure, and the exchange that gets its token.
//!
//! Each exchange on the wire is a file of its own in `identity/`.

mod app_service;
mod arc;
mod certificate;
mod client_secret;
mod entra;
mod managed;
mod metadata;
mod pem;
mod workload;

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::Value;

pub use app_service::AppService;
pub use arc::{AGENT, AzureArc, DEFAULT_ENDPOINT as ARC_ENDPOINT};
pub use certificate::Certificate;
pub use client_secret::ClientSecret;
pub use entra::Application;
pub use managed::{Endpoint, ManagedIdentity};
pub use metadata::{DEFAULT_ENDPOINT, MetadataEndpoint};
pub use workload::Workload;

use crate::cloud::Cloud;
use crate::error::{Error, Exit};
use crate::http::{Answer, Client, Url};
use crate::secret::Secret;
use crate::token::{AccessToken, Audience};

/// Who asks for a token.
#[derive(Debug)]
pub enum Identity {
    /// An app registration that proves itself with a client secret.
    ClientSecret(ClientSecret),
    /// An app registration that proves itself with a certificate.
    Certificate(Box<Certificate>),
    /// An app registration that proves itself with a federated token.
    Workload(Workload),
    /// A virtual machine's managed identity, by its metadata endpoint.
    Metadata(MetadataEndpoint, ManagedIdentity),
    /// A connected server's managed identity, by Azure Arc's agent.
    Arc(AzureArc, ManagedIdentity),
    /// An app's managed identity, by App Service's endpoint.
    AppService(AppService, ManagedIdentity),
}

/// The type of an assertion (RFC 7523) that stands for a secret.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

impl Identity {
    /// Something that anybody may ask of the authority which this identity's tokens come from: its OpenID
    /// configuration. A managed identity has its own endpoint, which says nothing to anybody.
    #[must_use]
    pub fn public_url(&self, cloud: &Cloud) -> Option<Url> {
        let (authority, tenant) = (&cloud.authority, self.tenant()?);
        Url::parse(&format!(
            "https://{authority}/{tenant}/v2.0/.well-known/openid-configuration"
        ))
    }

    /// The tenant of an application, by its id or by a name; a managed identity's is its machine's.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        match self {
            Self::ClientSecret(by) => Some(&by.application.tenant),
            Self::Certificate(by) => Some(&by.application().tenant),
            Self::Workload(by) => Some(&by.application.tenant),
            Self::Metadata(..) | Self::Arc(..) | Self::AppService(..) => None,
        }
    }

    /// Gets the token for an audience: one request (Azure Arc: two), and those that the retry rules add.
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
        let authority = &cloud.authority;
        let token = match self {
            Self::ClientSecret(application) => application.token(client, authority, audience),
            Self::Certificate(application) => application.token(client, authority, audience),
            Self::Workload(application) => application.token(client, authority, audience),
            Self::Metadata(endpoint, identity) => {
                metadata::token(client, endpoint, identity, audience)
            }
            Self::Arc(agent, identity) => agent.token(client, identity, audience),
            Self::AppService(app, identity) => app.token(client, identity, audience),
        }?;
        client.learn(token.secret());
        Ok(token)
    }
}

/// Who it is, for `--verbose`.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut of = |application: &Application, proof| {
            let Application { tenant, client_id } = application;
            write!(
                f,
                "the application `{client_id}` of the tenant `{tenant}`, by its {proof}"
            )
        };
        match self {
            Self::ClientSecret(by) => of(&by.application, "secret"),
            Self::Certificate(by) => of(by.application(), "certificate"),
            Self::Workload(by) => of(&by.application, "federated token"),
            Self::Metadata(_, identity) => {
                write!(f, "{}, by the metadata endpoint", identity.words())
            }
            Self::Arc(_, identity) => write!(f, "{}, by Azure Arc", identity.words()),
            Self::AppService(_, identity) => write!(f, "{}, by App Service", identity.words()),
        }
    }
}

/// What every token endpoint answers with; other fields differ from one to the other.
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Secret,
    not_before: Option<Value>,
    expires_on: Option<Value>,
    expires_in: Option<Value>,
    client_id: Option<Value>,
    object_id: Option<Value>,
    msi_res_id: Option<Value>,
    mi_res_id: Option<Value>,
}

/// A clock may be off by so much before it matters to anybody.
const TOLERANCE: Duration = Duration::from_secs(5 * 60);

impl TokenAnswer {
    /// The token is good now, by this machine's clock; Unix time, as a number or as text.
    fn check_time(&self, answer: &Answer, operation: &str, now: SystemTime) -> Result<(), Error> {
        let seconds = now
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs_f64();
        let problem = if number(self.not_before.as_ref())
            .is_some_and(|t| t > seconds + TOLERANCE.as_secs_f64())
        {
            "the token is not valid yet"
        } else if number(self.expires_on.as_ref()).is_some_and(|t| t <= seconds)
            || number(self.expires_in.as_ref()).is_some_and(|t| t <= 0.0)
        {
            "the token's lifetime is over"
        } else {
            return Ok(());
        };
        Err(Error::new(Exit::NoToken, operation, problem).hint(entra::clocks(answer, now)))
    }

    /// Where the answer says whose token it is, it is the one asked for.
    fn check_identity(&self, identity: &ManagedIdentity, operation: &str) -> Result<(), Error> {
        let echoed = match identity {
            ManagedIdentity::System => return Ok(()),
            ManagedIdentity::ClientId(_) => self.client_id.as_ref(),
            ManagedIdentity::ObjectId(_) => self.object_id.as_ref(),
            ManagedIdentity::ResourceId(_) => self.msi_res_id.as_ref().or(self.mi_res_id.as_ref()),
        };
        let echoed = echoed
            .and_then(Value::as_str)
            .filter(|echo| !echo.is_empty());
        match (echoed, identity.id()) {
            (Some(echo), Some(id)) if !echo.eq_ignore_ascii_case(id) => Err(Error::new(
                Exit::NoToken,
                operation,
                "the token that came is another identity's",
            )
            .hint("check the id, and that the identity is assigned to this machine")),
            _ => Ok(()),
        }
    }
}

fn number(value: Option<&Value>) -> Option<f64> {
    match value? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The token of a managed identity in an answer with status 200.
fn token_of(
    identity: &ManagedIdentity,
    answer: &Answer,
    operation: &str,
    host: &str,
) -> Result<AccessToken, Error> {
    let found = parse(answer, operation, host)?;
    found.check_identity(identity, operation)?;
    found.token(answer, operation, host)
}

/// The token of an application in an answer with status 200.
fn token_in(answer: &Answer, operation: &str, host: &str) -> Result<AccessToken, Error> {
    parse(answer, operation, host)?.token(answer, operation, host)
}

fn senseless(operation: &str, host: &str, what: &str) -> Error {
    Error::new(Exit::Service, operation, format!("`{host}` answered 200 with {what}"))
        .hint("something that is not Azure answers there: a captive portal, an inspecting proxy, a wrong address?")
}

fn parse(answer: &Answer, operation: &str, host: &str) -> Result<TokenAnswer, Error> {
    let parsed = answer.json("JSON that holds no token");
    parsed.map_err(|what| senseless(operation, host, &what))
}

impl TokenAnswer {
    fn token(self, answer: &Answer, operation: &str, host: &str) -> Result<AccessToken, Error> {
        self.check_time(answer, operation, SystemTime::now())?;
        AccessToken::parse(self.access_token)
            .ok_or_else(|| senseless(operation, host, "a token that no header can carry"))
    }
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
