//! A vault's no, in words a person can act on.
//!
//! Codes and texts: Key Vault's REST reference ("Authentication, requests and responses", "common
//! error codes") and its troubleshooting pages for access, firewall and throttling.

use super::{Inquiry, Refusal, VaultName};
use crate::error::Exit;
use crate::http::{self, Failure, FailureKind, Said, Service};

type Verdict = http::Verdict<Reach>;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The secret or version does not exist: exactly Key Vault's `SecretNotFound`.
    Missing,
    /// This request only.
    #[default]
    Request,
    /// Everything in this vault.
    Vault,
}

const LISTING: &str = "listing needs this permission (`list`), naming the secrets (VAULT/SECRET, `--secret`) does not";

impl Refusal {
    /// Of a listing: it needs another permission than reading, and is often not needed.
    pub(super) fn of_listing(self) -> Self {
        if self.error.exit() != Exit::Denied || self.reach == Reach::Vault {
            return self;
        }
        self.map(|error| {
            let first = error.advice().map(|advice| format!("{advice}; "));
            error.hint(format!("{}{LISTING}", first.unwrap_or_default()))
        })
    }
}

/// No answer at all: nothing else of this vault would get one. What came and is no HTTP is like any
/// other answer that makes no sense: the next one may.
pub(crate) fn no_answer(failure: Failure, vault: &VaultName, operation: &str) -> Refusal {
    let reach = match failure.kind {
        FailureKind::Deadline | FailureKind::Garbled => Reach::Request,
        _ => Reach::Vault,
    };
    let hint = (failure.kind == FailureKind::NoSuchHost).then(|| {
        format!(
            "is there a vault `{vault}` in this cloud? A vault with a private endpoint needs its private DNS zone, or `--connect-to`"
        )
    });
    Refusal {
        reach,
        error: failure.during(operation).maybe_hint(hint),
    }
}

impl Service for Inquiry<'_> {
    type Reach = Reach;
    const NAME: &'static str = "Key Vault";
    const ERRORS: Option<&'static str> = Some("Key Vault's");
    const REQUEST_ID: Option<&'static str> = Some("x-ms-request-id");

    fn operation(&self) -> String {
        self.operation.clone()
    }

    fn unanswered(&self, failure: Failure) -> Refusal {
        no_answer(failure, self.vault, &self.operation)
    }

    fn verdict(&self, said: &Said) -> Option<Verdict> {
        let (code, message) = (said.text("/error/code"), said.text("/error/message"));
        if code.is_empty() && message.is_empty() {
            return None;
        }
        let words = said.quote(message);
        Some(match said.status {
            401 => unauthorized(said, message).words(words),
            403 => forbidden(said, message, words),
            404 if code == "SecretNotFound" => {
                Verdict::new(Exit::NotFound, "no such secret or version in this vault")
                    .reaching(Reach::Missing)
                    .hint("check the name; if it was deleted recently it may be recovered (`az keyvault secret recover`)")
            }
            400 if code == "BadParameter" && message.contains("is not recognized") => {
                Verdict::new(Exit::Usage, words)
                    .reaching(Reach::Vault)
                    .hint("the vault does not know this version of its API: try another one with `--api-version`")
            }
            429 => Verdict::new(Exit::Service, "the vault is throttled").words(words),
            status => {
                let what = format!("the vault answered {status} {}", said.quote(code));
                Verdict::new(Exit::Service, what.trim_end()).words(words)
            }
        })
    }
}

/// 401: the vault does not take this token, whatever it is asked for.
fn unauthorized(said: &Said, message: &str) -> Verdict {
    let says = |part: &str| message.contains(part);
    if says("AKV10032") || says("Invalid issuer") {
        return other_tenant(said, "vault").reaching(Reach::Vault);
    }
    let (what, hint) = if says("AKV10022") || says("Invalid audience") {
        (
            "the token is for another audience",
            "is it the right cloud (`--cloud`, `--vault-suffix`)?",
        )
    } else {
        (
            "the vault does not accept the token",
            "check this machine's clock, the tenant and the cloud (`--cloud`)",
        )
    };
    Verdict::new(Exit::Denied, what)
        .reaching(Reach::Vault)
        .hint(hint)
}

/// "the vault belongs to the tenant `…`", or a subscription does; the challenge names it.
pub(crate) fn other_tenant<R: Default>(said: &Said, whose: &str) -> http::Verdict<R> {
    let tenant = said
        .answer
        .header("www-authenticate")
        .and_then(tenant_of)
        .map(|tenant| said.quote(tenant));
    let (what, option) = match tenant {
        Some(tenant) => (
            format!("the {whose} belongs to the tenant `{tenant}`, the token is of another one"),
            format!(" (`--tenant-id {tenant}`)"),
        ),
        None => (
            format!("the {whose} belongs to another tenant than the token"),
            String::new(),
        ),
    };
    http::Verdict::new(Exit::Denied, what).hint(format!(
        "use an application of the {whose}'s tenant{option}; a managed identity belongs to its machine's tenant alone"
    ))
}

/// The tenant in a challenge: `Bearer authorization="https://AUTHORITY/TENANT", resource="…"`, or
/// Resource Manager's `authorization_uri`.
pub(crate) fn tenant_of(challenge: &str) -> Option<&str> {
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
fn forbidden(said: &Said, message: &str, words: String) -> Verdict {
    let codes = [
        said.text("/error/innererror/code"),
        said.text("/error/code"),
    ];
    let is = |code: &str| codes.contains(&code);
    let says = |part: &str| message.contains(part);
    if is("SecretDisabled") || says("disabled secret") {
        return Verdict::new(Exit::NotFound, "the secret is disabled").hint(
            "enable it (`az keyvault secret set-attributes --enabled true`), or leave it out",
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
    Verdict::new(Exit::Denied, what)
        .reaching(reach)
        .words(words)
        .hint(hint)
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
