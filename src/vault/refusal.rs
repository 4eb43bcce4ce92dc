//! A vault's no, in words a person can act on.
//!
//! Codes and texts: Key Vault's REST reference ("Authentication, requests and responses", "common
//! error codes") and its troubleshooting pages for access, firewall and throttling.

use serde_json::Value;

use super::VaultName;
use crate::cloud::Host;
use crate::error::{Error, Exit};
use crate::http::{Answer, Client, Failure, Kind};

/// Why a secret or a listing could not be had.
#[derive(Debug)]
pub struct Refusal {
    /// How much else fails for the same reason.
    pub reach: Reach,
    /// The error to report.
    pub error: Error,
}

/// How far a refusal reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The secret or version does not exist: exactly Key Vault's `SecretNotFound`.
    Missing,
    /// This request only.
    Request,
    /// Everything in this vault.
    Vault,
}

impl Refusal {
    pub(super) fn new(reach: Reach, exit: Exit, operation: &str, cause: impl Into<String>) -> Self {
        Self {
            reach,
            error: Error::new(exit, operation, cause),
        }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.error = self.error.hint(hint);
        self
    }

    /// Of a listing: it needs another permission than reading, and is often not needed.
    pub(super) fn of_listing(self) -> Self {
        if self.error.exit() != Exit::Denied || self.reach == Reach::Vault {
            return self;
        }
        let first = self.error.advice().map(|advice| format!("{advice}; "));
        self.hint(format!("{}{LISTING}", first.unwrap_or_default()))
    }

    /// An answer that is not what was asked for.
    pub(super) fn senseless(operation: &str, cause: String) -> Self {
        Self::new(Reach::Request, Exit::Service, operation, cause)
            .hint("something that is not Key Vault answers there: a captive portal, an inspecting proxy, a wrong address?")
    }
}

const LISTING: &str = "listing needs this permission (`list`), naming the secrets (VAULT/SECRET, `--secret`) does not";

/// No answer at all: nothing else of this vault would get one. What came and is no HTTP is like any
/// other answer that makes no sense: the next one may.
#[must_use]
pub fn no_answer(failure: Failure, vault: &VaultName, operation: &str) -> Refusal {
    let reach = match failure.kind {
        Kind::Deadline | Kind::Garbled => Reach::Request,
        _ => Reach::Vault,
    };
    let hint = (failure.kind == Kind::NoSuchHost).then(|| {
        format!(
            "is there a vault `{vault}` in this cloud? A vault with a private endpoint needs its private DNS zone, or `--connect-to`"
        )
    });
    Refusal {
        reach,
        error: failure.during(operation).maybe_hint(hint),
    }
}

/// Key Vault's error, taken apart.
struct Said<'a> {
    code: &'a str,
    inner: &'a str,
    message: &'a str,
}

/// An answer other than 200.
pub(super) fn refusal(client: &Client, answer: &Answer, host: &Host, operation: &str) -> Refusal {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |pointer: &str| {
        body.pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let said = Said {
        code: text("/error/code"),
        inner: text("/error/innererror/code"),
        message: text("/error/message"),
    };
    if said.code.is_empty() && said.message.is_empty() {
        return foreign(answer, host, operation);
    }
    let words = client.quote(said.message);
    let (reach, exit, cause, hint) = match answer.status {
        401 => unauthorized(client, answer, &said, &words),
        403 => forbidden(&said, &words),
        404 if said.code == "SecretNotFound" => {
            (Reach::Missing, Exit::NotFound, "no such secret or version in this vault".to_owned(), Some(MISSING.to_owned()))
        }
        400 if said.code == "BadParameter" && words.contains("is not recognized") => (
            Reach::Vault,
            Exit::Usage,
            words.clone(),
            Some("the vault does not know this version of its API: try another one with `--api-version`".to_owned()),
        ),
        429 => (Reach::Request, Exit::Service, said_so("the vault is throttled", &words), None),
        status => {
            let what = format!("the vault answered {status} {}", client.quote(said.code));
            (Reach::Request, Exit::Service, said_so(what.trim_end(), &words), None)
        }
    };
    let id = answer
        .header("x-ms-request-id")
        .map(|id| format!(" (request id {})", client.quote(id)));
    let cause = format!("{cause}{}{}", id.unwrap_or_default(), answer.aftermath());
    let error = Error::new(answer.exit(exit), operation, cause)
        .maybe_hint(hint)
        .maybe_hint(answer.aftermath_hint());
    Refusal { reach, error }
}

/// What it is, and the vault's own words where there are any.
fn said_so(what: &str, words: &str) -> String {
    if words.is_empty() {
        return what.to_owned();
    }
    format!("{what}: {words}")
}

type Verdict = (Reach, Exit, String, Option<String>);

const MISSING: &str =
    "check the name; if it was deleted recently it may be recovered (`az keyvault secret recover`)";

/// 401: the vault does not take this token, whatever it is asked for.
fn unauthorized(client: &Client, answer: &Answer, said: &Said, words: &str) -> Verdict {
    let tenant = answer
        .header("www-authenticate")
        .and_then(tenant_of)
        .map(|tenant| client.quote(tenant));
    let (cause, hint) = if said.message.contains("AKV10032")
        || said.message.contains("Invalid issuer")
    {
        let whose = match &tenant {
            Some(tenant) => {
                format!("the vault belongs to the tenant `{tenant}`, the token is of another one")
            }
            None => "the vault belongs to another tenant than the token".to_owned(),
        };
        let what = tenant.map_or_else(String::new, |tenant| format!(" (`--tenant-id {tenant}`)"));
        (
            said_so(&whose, words),
            format!(
                "use an application of the vault's tenant{what}; a managed identity belongs to its machine's tenant alone"
            ),
        )
    } else if said.message.contains("AKV10022") || said.message.contains("Invalid audience") {
        (
            said_so("the token is for another audience", words),
            "is it the right cloud (`--cloud`, `--vault-suffix`)?".to_owned(),
        )
    } else {
        (
            said_so("the vault does not accept the token", words),
            "check this machine's clock, the tenant and the cloud (`--cloud`)".to_owned(),
        )
    };
    (Reach::Vault, Exit::Denied, cause, Some(hint))
}

/// The tenant in a challenge: `Bearer authorization="https://AUTHORITY/TENANT", resource="…"`, or
/// Resource Manager's `authorization_uri`.
#[must_use]
pub fn tenant_of(challenge: &str) -> Option<&str> {
    let (_, rest) = challenge.split_once("authorization")?;
    let rest = rest
        .strip_prefix("_uri")
        .unwrap_or(rest)
        .strip_prefix('=')?;
    let url = rest.trim_start_matches('"').split(['"', ',', ' ']).next()?;
    let tenant = url.trim_end_matches('/').rsplit('/').next()?;
    let fits = !tenant.is_empty()
        && tenant
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    fits.then_some(tenant)
}

/// 403: what exactly is missing, told by the inner code or, in some answers, by the text alone.
fn forbidden(said: &Said, words: &str) -> Verdict {
    let is = |code: &str| said.inner == code || said.code == code;
    let says = |part: &str| said.message.contains(part);
    if is("SecretDisabled") || says("disabled secret") {
        return (
            Reach::Request,
            Exit::NotFound,
            "the secret is disabled".to_owned(),
            Some(
                "enable it (`az keyvault secret set-attributes --enabled true`), or leave it out"
                    .to_owned(),
            ),
        );
    }
    let (reach, what, hint) = if is("ForbiddenByFirewall")
        || says("Client address is not authorized")
    {
        (
            Reach::Vault,
            "the vault's firewall does not let this address in",
            "add the address to the vault's firewall, or come through its private endpoint or service endpoint",
        )
    } else if is("ForbiddenByConnection") || says("Public network access is disabled") {
        (
            Reach::Vault,
            "the vault is closed to the public network",
            "come through its private endpoint: its private DNS zone must be linked to this network, or use `--connect-to`",
        )
    } else if is("ForbiddenByRbac") || says("Caller is not authorized to perform action") {
        (
            Reach::Request,
            "the identity lacks a role",
            "give it the role `Key Vault Secrets User` on the vault (`az role assignment create`), and wait some minutes",
        )
    } else if is("ForbiddenByPolicy") || says("permission on key vault") {
        (
            Reach::Request,
            "the vault's access policy does not allow it",
            "allow it (`az keyvault set-policy --secret-permissions get list`)",
        )
    } else if is("AccessDenied") || says("not found on any access policy") {
        (
            Reach::Request,
            "the identity is in none of the vault's access policies",
            "add it (`az keyvault set-policy --secret-permissions get list`)",
        )
    } else {
        (
            Reach::Request,
            "access denied",
            "check the identity's role or access policy, and the vault's firewall",
        )
    };
    (
        reach,
        Exit::Denied,
        said_so(what, words),
        Some(hint.to_owned()),
    )
}

/// Not Key Vault's form of an error: a proxy, a gateway, a portal.
fn foreign(answer: &Answer, host: &Host, operation: &str) -> Refusal {
    let (status, kind, aftermath) = (answer.status, answer.content_type(), answer.aftermath());
    let cause = format!(
        "`{host}` answered {status} with {kind}, not with an error of Key Vault's{aftermath}"
    );
    let hint = match status {
        300..=399 => "redirects are not followed: a captive portal or a proxy may be in the way".to_owned(),
        _ => answer.aftermath_hint().unwrap_or_else(|| {
            "something that is not Key Vault answers there: an inspecting proxy, a wrong address?".to_owned()
        }),
    };
    Refusal::new(Reach::Request, answer.exit(Exit::Service), operation, cause).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_names_the_tenant() {
        let challenge = r#"Bearer authorization="https://login.microsoftonline.com/1111-22", resource="https://vault.azure.net""#;
        assert_eq!(tenant_of(challenge), Some("1111-22"));
        assert_eq!(
            tenant_of("Bearer authorization=https://login.example/abc/"),
            Some("abc")
        );
        let manager =
            r#"Bearer authorization_uri="https://login.example/abc", error="invalid_token""#;
        assert_eq!(tenant_of(manager), Some("abc"));
        for odd in [
            "",
            "Bearer",
            "Bearer authorization",
            "Bearer authorization_url=\"https://a/b\"",
            "Bearer authorization=\"\"",
            "Bearer authorization=\"https://a/b c\"",
        ] {
            assert!(
                tenant_of(odd).is_none_or(|tenant| !tenant.contains(' ')),
                "{odd}"
            );
        }
    }
}
