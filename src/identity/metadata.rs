//! A virtual machine's managed identity: the Azure Instance Metadata Service (IMDS).
//!
//! Source: Microsoft's "How to use managed identities for Azure resources on an Azure VM to acquire
//! an access token"; the variable that moves the endpoint is that of Azure's SDKs.

use super::answer::TokenAnswer;
use super::managed::{ManagedIdentity, near};
use crate::error::{Error, Exit};
use crate::http::{Client, Failure, FailureKind, Refusal, Request, Said, Service, Url, Verdict};
use crate::token::{AccessToken, Audience};

/// Where every Azure VM finds its metadata.
pub(crate) const DEFAULT_ENDPOINT: &str = "http://169.254.169.254";

/// The scheme, host and port of a metadata endpoint.
#[derive(Clone, Debug)]
pub(crate) struct MetadataEndpoint(String);

impl MetadataEndpoint {
    /// Reads `http[s]://HOST[:PORT][/]`.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let base = text.trim_end_matches('/');
        let url = Url::parse(base).ok_or("not an http or https URL")?;
        if !matches!(url.path(), "" | "/") || url.query().is_some() {
            return Err("a scheme, a host and a port are all it may have");
        }
        near(&url)?;
        Ok(Self(base.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn token(
        &self,
        client: &Client,
        identity: &ManagedIdentity,
        audience: &Audience,
    ) -> Result<AccessToken, Error> {
        let service = Metadata(identity);
        let base = format!("{}/metadata/identity/oauth2/token", self.0);
        let url = service.url(&identity.address(&base, "2018-02-01", audience, "msi_res_id"))?;
        let answer = client.ask(&service, &Request::metadata(&url).purpose("token"))?;
        TokenAnswer::read(&service, &answer)?.of(identity, &service, &answer)
    }
}

/// The metadata service, asked for this identity's token.
struct Metadata<'a>(&'a ManagedIdentity);

const NOT_A_VM: &str = "managed identities work on Azure VMs only (and not in a container whose network hides \
    169.254.169.254); elsewhere use an application: `--tenant-id`, `--client-id`, `--client-secret-file`";

impl Service for Metadata<'_> {
    type Reach = ();
    const NAME: &'static str = "Azure";

    fn operation(&self) -> String {
        self.0.operation()
    }

    fn unanswered(&self, failure: Failure) -> Refusal<()> {
        Refusal::new(match failure.kind {
            FailureKind::Deadline | FailureKind::Garbled => failure.during(self.operation()),
            FailureKind::Silence | FailureKind::Cut => Error::new(Exit::Service, self.operation(), failure.cause)
                .hint("the metadata service is busy or broken: try again later, or give it more time with `--timeout`"),
            _ => {
                let cause = format!("there is no metadata endpoint here ({})", failure.cause);
                Error::new(Exit::NoToken, self.operation(), cause).hint(NOT_A_VM)
            }
        })
    }

    fn verdict(&self, said: &Said) -> Option<Verdict<()>> {
        if said.status == 403 {
            let what =
                "what answers at the metadata endpoint's address is not Azure's (status 403)";
            return Some(Verdict::new(Exit::NoToken, what).hint(NOT_A_VM));
        }
        let words = match (said.text("/error"), said.text("/error_description")) {
            ("", "") => return None,
            ("", words) | (words, "") => words.to_owned(),
            (name, description) => format!("{description} ({name})"),
        };
        let verdict = Verdict::new(Exit::NoToken, "the metadata endpoint answered 400")
            .words(said.quote(&words))
            .maybe_hint(advice(&words));
        (said.status == 400).then_some(verdict)
    }
}

/// What a person does about it: 400 is not always "not assigned".
fn advice(words: &str) -> Option<&'static str> {
    let has = |part: &str| words.contains(part);
    Some(if has("Identity not found") {
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
    })
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
