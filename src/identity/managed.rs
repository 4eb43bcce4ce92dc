//! Managed identities: what their endpoints, wherever they are, have in common.

use std::net::IpAddr;

use percent_encoding::utf8_percent_encode;

use crate::error::{Error, Exit};
use crate::http::{UNRESERVED, Url};
use crate::token::Audience;

/// Which of the machine's identities is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManagedIdentity {
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
    /// Which it is, for messages.
    #[must_use]
    pub fn words(&self) -> String {
        match self.id() {
            None => "this machine's managed identity".to_owned(),
            Some(id) => format!("the managed identity `{id}`"),
        }
    }

    /// The id of a user-assigned one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::System => None,
            Self::ClientId(id) | Self::ObjectId(id) | Self::ResourceId(id) => Some(id),
        }
    }

    pub(super) fn operation(&self) -> String {
        format!("cannot get a token for {}", self.words())
    }

    /// The request's URL. The services disagree in the name of the resource id's parameter.
    pub(super) fn url(
        &self,
        endpoint: &str,
        api_version: &str,
        audience: &Audience,
        resource_id: &str,
    ) -> Result<Url, Error> {
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
        Url::parse(&url)
            .ok_or_else(|| Error::new(Exit::Usage, self.operation(), "its endpoint is no URL"))
    }
}

/// The whole URL of an endpoint that a variable names.
#[derive(Clone, Debug)]
pub struct Endpoint(String);

impl Endpoint {
    /// Of App Service and its kin: https, or http to loopback, link-local and private addresses.
    ///
    /// # Errors
    /// Says what is not allowed.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let url = plain(text)?;
        if !url.is_https() && !is_near(url.host()) {
            return Err(FAR);
        }
        Ok(Self(text.to_owned()))
    }

    /// Of Azure Arc's agent: loopback only, because a key that root alone can read is sent there.
    ///
    /// # Errors
    /// Says what is not allowed.
    pub fn parse_loopback(text: &str) -> Result<Self, &'static str> {
        if !is_loopback(plain(text)?.host()) {
            return Err("Azure Arc's endpoint must be on this machine (`127.0.0.1`, `localhost`)");
        }
        Ok(Self(text.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

pub(super) const FAR: &str =
    "plain http is allowed to loopback, link-local and private addresses only";

fn plain(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).ok_or("not an http or https URL")?;
    if url.query().is_some() || text.contains('#') {
        return Err("it must not have a query");
    }
    Ok(url)
}

fn is_loopback(host: &str) -> bool {
    match host.parse() {
        Ok(IpAddr::V4(address)) => address.is_loopback(),
        Ok(IpAddr::V6(address)) => address.is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

/// Loopback, link-local or private: what plain http may go to.
pub(super) fn is_near(host: &str) -> bool {
    match host.parse() {
        Ok(IpAddr::V4(address)) => {
            address.is_loopback() || address.is_link_local() || address.is_private()
        }
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || address.is_unicast_link_local() || address.is_unique_local()
        }
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
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
