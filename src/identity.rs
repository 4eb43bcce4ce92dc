//! `Identity`: who this machine or application is to Azure, and the exchange that gets its token.
//!
//! Each exchange on the wire is a file of its own in `identity/`.

mod answer;
mod app_service;
mod arc;
mod certificate;
mod client_secret;
mod entra;
mod machine;
mod managed;
mod metadata;
mod pem;
mod workload;

use std::fmt;

pub(crate) use app_service::AppService;
#[cfg(fuzzing)]
pub(crate) use arc::key_path;
pub(crate) use arc::{AGENT, AzureArc, DEFAULT_ENDPOINT as ARC_ENDPOINT};
pub(crate) use certificate::Certificate;
pub(crate) use client_secret::ClientSecret;
pub(crate) use entra::Application;
pub(crate) use managed::{Endpoint, ManagedIdentity};
pub(crate) use metadata::{DEFAULT_ENDPOINT, METADATA_VARIABLE, MetadataEndpoint};
pub(crate) use workload::Workload;

use crate::cloud::Cloud;
use crate::error::Error;
use crate::http::{Client, Url};
use crate::token::{AccessToken, Audience};

/// Who asks for a token.
#[derive(Debug)]
pub(crate) enum Identity {
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

impl Identity {
    /// Something that anybody may ask of the authority which this identity's tokens come from: its OpenID
    /// configuration. A managed identity has its own endpoint, which says nothing to anybody.
    pub(crate) fn public_url(&self, cloud: &Cloud) -> Option<Url> {
        let (authority, tenant) = (&cloud.authority, self.tenant()?);
        Url::parse(&format!(
            "https://{authority}/{tenant}/v2.0/.well-known/openid-configuration"
        ))
        .ok()
    }

    /// The tenant of an application, by its id or by a name; a managed identity's is its machine's.
    pub(crate) fn tenant(&self) -> Option<&str> {
        let (application, _) = self.application()?;
        Some(&application.tenant)
    }

    pub(crate) fn is_managed(&self) -> bool {
        self.application().is_none()
    }

    /// An application, and what it proves itself with.
    fn application(&self) -> Option<(&Application, &'static str)> {
        match self {
            Self::ClientSecret(by) => Some((&by.application, "secret")),
            Self::Certificate(by) => Some((by.application(), "certificate")),
            Self::Workload(by) => Some((&by.application, "federated token")),
            Self::Metadata(..) | Self::Arc(..) | Self::AppService(..) => None,
        }
    }

    /// Gets the token for an audience: one request (Azure Arc: two), and those that the retry rules add.
    pub(crate) fn token(
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
            Self::Metadata(endpoint, identity) => endpoint.token(client, identity, audience),
            Self::Arc(agent, identity) => agent.token(client, identity, audience),
            Self::AppService(app, identity) => app.token(client, identity, audience),
        }?;
        client.learn(token.secret());
        Ok(token)
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((Application { tenant, client_id }, proof)) = self.application() {
            write!(
                f,
                "the application `{client_id}` of the tenant `{tenant}`, by its {proof}"
            )?;
        }
        match self {
            Self::Metadata(_, identity) => write!(f, "{identity}, by the metadata endpoint"),
            Self::Arc(_, identity) => write!(f, "{identity}, by Azure Arc"),
            Self::AppService(_, identity) => write!(f, "{identity}, by App Service"),
            Self::ClientSecret(_) | Self::Certificate(_) | Self::Workload(_) => Ok(()),
        }
    }
}
