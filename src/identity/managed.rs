//! Managed identities: what their endpoints, wherever they are, have in common.

use std::fmt;

use percent_encoding::utf8_percent_encode;

use crate::error::Exit;
use crate::http::{UNRESERVED, Url};
use crate::token::Audience;

/// Which of the machine's identities is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ManagedIdentity {
    /// The machine's own.
    System,
    /// A user-assigned one, by its client id.
    ClientId(String),
    /// A user-assigned one, by its object (principal) id.
    ObjectId(String),
    /// A user-assigned one, by its Azure resource id.
    ResourceId(String),
}

impl ManagedIdentity {
    pub(crate) fn id(&self) -> Option<&str> {
        match self {
            Self::System => None,
            Self::ClientId(id) | Self::ObjectId(id) | Self::ResourceId(id) => Some(id),
        }
    }

    pub(super) fn operation(&self) -> String {
        format!("cannot get a token for {self}")
    }

    /// An endpoint's URL for it. The services disagree in the name of the resource id's parameter.
    pub(super) fn address(
        &self,
        endpoint: &str,
        api_version: &str,
        audience: &Audience,
        resource_id: &str,
    ) -> String {
        let resource = utf8_percent_encode(audience.resource(), UNRESERVED);
        let mut url = format!("{endpoint}?api-version={api_version}&resource={resource}");
        let name = match self {
            Self::ClientId(_) => "client_id",
            Self::ObjectId(_) => "object_id",
            Self::ResourceId(_) | Self::System => resource_id,
        };
        if let Some(id) = self.id() {
            url.extend(["&", name, "="]);
            url.extend(utf8_percent_encode(id, UNRESERVED));
        }
        url
    }
}

impl fmt::Display for ManagedIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id() {
            None => f.write_str("this machine's managed identity"),
            Some(id) => write!(f, "the managed identity `{id}`"),
        }
    }
}

/// Whether an endpoint's own no is about the identity, or it is the endpoint that fails.
pub(super) fn exit(status: u16) -> Exit {
    match status {
        404 | 408 | 410 | 429 => Exit::Service,
        _ => Exit::NoToken,
    }
}

/// The whole URL of an endpoint that a variable names.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint(String);

impl Endpoint {
    /// Of App Service and its kin: https, or http to loopback, link-local and private addresses.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        near(&bare(text)?)?;
        Ok(Self(text.to_owned()))
    }

    /// Of Azure Arc's agent: loopback only, because a key that root alone can read is sent there.
    pub(crate) fn parse_loopback(text: &str) -> Result<Self, &'static str> {
        if !bare(text)?.is_loopback() {
            return Err("Azure Arc's endpoint must be on this machine (`127.0.0.1`, `localhost`)");
        }
        Ok(Self(text.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Plain http goes to loopback, link-local and private addresses only: a token in the clear must not leave
/// the machine's own network.
pub(super) fn near(url: &Url) -> Result<(), &'static str> {
    if url.is_https() || url.is_near() {
        return Ok(());
    }
    Err("plain http is allowed to loopback, link-local and private addresses only")
}

fn bare(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).ok_or("not an http or https URL")?;
    if url.query().is_some() || text.contains('#') {
        return Err("it must not have a query");
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arc_s_endpoint_is_on_this_machine() {
        for good in [
            "http://127.0.0.1:40342/metadata/identity/oauth2/token",
            "http://localhost:40342/metadata/identity/oauth2/token",
            "http://[::1]:40342/x",
        ] {
            assert!(Endpoint::parse_loopback(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "http://10.0.0.4/x",
            "https://arc.example/x",
            "http://127.0.0.1.example/x",
            "http://127.0.0.1/x?y",
        ] {
            assert!(Endpoint::parse_loopback(bad).is_err(), "{bad}");
        }
        assert!(Endpoint::parse("http://169.254.129.2:8081/msi/token").is_ok());
        assert!(Endpoint::parse("https://apps.example/msi/token").is_ok());
        assert!(Endpoint::parse("http://apps.example/msi/token").is_err());
    }
}
