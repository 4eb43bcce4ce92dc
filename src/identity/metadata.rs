//! A virtual machine's managed identity: the Azure Instance Metadata Service (IMDS).
//!
//! Source: Microsoft's "How to use managed identities for Azure resources on an Azure VM to acquire
//! an access token"; the variable that moves the endpoint is that of Azure's SDKs.

use serde_json::Value;

use super::managed::{FAR, ManagedIdentity, is_near};
use super::{text, token_of, unexpected};
use crate::error::{Error, Exit};
use crate::http::{Answer, Body, Client, Failure, Kind, Policy, Request, Url};
use crate::token::{AccessToken, Audience};

/// Where every Azure VM finds its metadata.
pub const DEFAULT_ENDPOINT: &str = "http://169.254.169.254";

/// The scheme, host and port of a metadata endpoint.
#[derive(Clone, Debug)]
pub struct MetadataEndpoint(String);

impl MetadataEndpoint {
    /// Reads `http[s]://HOST[:PORT][/]`. Plain http goes to loopback, link-local and private
    /// addresses only: a token in the clear must not leave the machine's own network.
    ///
    /// # Errors
    /// Says what is not allowed.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let base = text.trim_end_matches('/');
        let url = Url::parse(base).ok_or("not an http or https URL")?;
        if !matches!(url.path(), "" | "/") || url.query().is_some() {
            return Err("a scheme, a host and a port are all it may have");
        }
        if !url.is_https() && !is_near(url.host()) {
            return Err(FAR);
        }
        Ok(Self(base.to_owned()))
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

pub(super) fn token(
    client: &Client,
    endpoint: &MetadataEndpoint,
    identity: &ManagedIdentity,
    audience: &Audience,
) -> Result<AccessToken, Error> {
    let operation = identity.operation();
    let base = format!("{}/metadata/identity/oauth2/token", endpoint.0);
    let url = identity.url(&base, "2018-02-01", audience, "msi_res_id")?;
    let request = Request {
        purpose: "token".into(),
        url: &url,
        headers: &[("metadata", "true")],
        secret_header: None,
        signature: None,
        body: Body::Nothing,
        policy: Policy::Metadata,
    };
    let answer = client
        .send(&request)
        .map_err(|failure| no_answer(failure, &operation))?;
    match answer.status {
        200 => token_of(identity, &answer, &operation, url.host()),
        400 => Err(refusal(client, &answer, &operation, url.host())),
        403 => Err(Error::new(
            Exit::NoToken,
            operation,
            "what answers at the metadata endpoint's address is not Azure's (status 403)",
        )
        .hint(NOT_A_VM)),
        _ => Err(unexpected(&answer, &operation, url.host())),
    }
}

const NOT_A_VM: &str = "managed identities work on Azure VMs only (and not in a container whose network hides \
    169.254.169.254); elsewhere use an application: `--tenant-id`, `--client-id`, `--client-secret-file`";

fn no_answer(failure: Failure, operation: &str) -> Error {
    match failure.kind {
        Kind::Deadline | Kind::Garbled => failure.during(operation),
        Kind::Silence | Kind::Cut => Error::new(Exit::Service, operation, failure.cause)
            .hint("the metadata service is busy or broken: try again later, or give it more time with `--timeout`"),
        _ => Error::new(
            Exit::NoToken,
            operation,
            format!("there is no metadata endpoint here ({})", failure.cause),
        )
        .hint(NOT_A_VM),
    }
}

/// IMDS's no, with its own description.
fn refusal(client: &Client, answer: &Answer, operation: &str, host: &str) -> Error {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let name = text(&body, "error");
    let description = text(&body, "error_description");
    let words = match (name, description) {
        (Some(name), Some(description)) => format!("{description} ({name})"),
        (Some(words), None) | (None, Some(words)) => words.to_owned(),
        (None, None) => return unexpected(answer, operation, host),
    };
    let hint = advice(&words);
    let words = client.quote(&words);
    Error::new(
        Exit::NoToken,
        operation,
        format!("the metadata endpoint answered 400: {words}"),
    )
    .maybe_hint(hint)
}

/// What a person does about it: 400 is not always "not assigned".
fn advice(words: &str) -> Option<String> {
    let has = |part: &str| words.contains(part);
    Some(
        if has("Identity not found") {
            "this machine does not have that identity: assign it (`az vm identity assign`), or check the id"
        } else if has("Multiple user assigned identities") {
            "say which one: `--managed-identity-client-id`, `-object-id` or `-resource-id`"
        } else if has("AADSTS500011") || has("invalid_resource") {
            "Key Vault of that cloud is not known in the machine's tenant: is it the right cloud (`--cloud`)?"
        } else if has("bad_request_102") || has("metadata header") {
            "something between this machine and its metadata endpoint removes the header `Metadata`"
        } else if has("api-version") {
            "what answers there is not the metadata service of an Azure VM, or a very old one"
        } else {
            return None;
        }
        .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_near() {
        for good in [
            DEFAULT_ENDPOINT,
            "http://127.0.0.1:8080",
            "http://localhost:8080/",
            "http://[::1]:1",
            "http://[fd00::1]",
            "http://[fe80::1]",
            "http://10.0.0.4",
            "http://192.168.0.1:80/",
            "https://metadata.example",
        ] {
            assert!(MetadataEndpoint::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "127.0.0.1",
            "ftp://127.0.0.1",
            "http://8.8.8.8",
            "http://metadata.example",
            "http://172.32.0.1",
            "http://localhost.example",
            "http://127.0.0.1/path",
            "http://127.0.0.1/?q",
            "http://u@127.0.0.1",
            "http://127.0.0.1.example",
        ] {
            assert!(MetadataEndpoint::parse(bad).is_err(), "{bad}");
        }
    }
}
