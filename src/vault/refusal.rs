//! A vault's no, in words a person can act on.
//!
//! Codes and texts: Key Vault's REST reference ("Authentication, requests and responses", "common
//! error codes") and its troubleshooting pages for access, firewall and throttling.

mod denied;

use super::{Inquiry, Refusal, VaultName};
use crate::error::Exit;
use crate::http::{self, Failure, FailureKind, Objection, Said, Service};

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

    fn objection(&self, said: &Said) -> Option<Objection> {
        objection(said)
    }

    fn verdict(&self, said: &Said) -> Option<Verdict> {
        let (code, message) = (said.text("/error/code"), said.text("/error/message"));
        if code.is_empty() && message.is_empty() && !is_challenge(said) {
            return None;
        }
        let words = said.quote(message);
        Some(match said.status {
            401 => unauthorized(said, message).words(words),
            403 => denied::verdict(said, message, words),
            404 if code == "SecretNotFound" => {
                let hint = if self.of_version {
                    "check the version (`az keyvault secret list-versions`), and the name"
                } else {
                    "check the name; if it was deleted recently it may be recovered (`az keyvault secret recover`)"
                };
                Verdict::new(Exit::NotFound, "no such secret or version in this vault")
                    .reaching(Reach::Missing)
                    .hint(hint)
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

/// 401: what an Azure service has against a token, whatever it was asked for.
pub(crate) fn objection(said: &Said) -> Option<Objection> {
    let message = said.text("/error/message");
    if message.is_empty() && said.text("/error/code").is_empty() && !is_challenge(said) {
        return None;
    }
    let says = |part: &str| message.contains(part);
    Some(if says("AKV10046") || says("ot yet valid") {
        Objection::Passing
    } else if says("AKV10000") || says("header is missing") {
        Objection::Unseen
    } else {
        Objection::Lasting
    })
}

fn is_challenge(said: &Said) -> bool {
    let challenge = said.answer.header("www-authenticate");
    said.status == 401 && challenge.and_then(tenant_of).is_some()
}

/// 401, after a new token: the vault does not take it.
fn unauthorized(said: &Said, message: &str) -> Verdict {
    let says = |part: &str| message.contains(part);
    let verdict = match objection(said) {
        Some(Objection::Passing) => {
            let what = "the vault cannot check the token at the moment";
            Verdict::new(Exit::Service, what).hint("try again later")
        }
        Some(Objection::Unseen) => {
            Verdict::new(Exit::Denied, "the vault says that no token came").hint(TAKEN_AWAY)
        }
        _ if says("AKV10032") || says("Invalid issuer") => other_tenant(said, "vault"),
        _ if says("AKV10022") || says("Invalid audience") => {
            Verdict::new(Exit::Denied, "the token is for another audience")
                .hint("is it the right cloud (`--cloud`, `--vault-suffix`)?")
        }
        _ => not_taken(said, "the vault", "`--cloud`"),
    };
    verdict.reaching(Reach::Vault)
}

pub(crate) const TAKEN_AWAY: &str =
    "does something in between (an inspecting proxy) remove the header `Authorization`?";

/// Nobody says why; a clock is to blame only where it differs.
pub(crate) fn not_taken<R: Default>(said: &Said, who: &str, options: &str) -> http::Verdict<R> {
    let what = format!("{who} does not accept the token");
    let usual = || {
        // A managed identity's tenant is its machine's.
        let tenant = if said.is_to_managed_identity() {
            ""
        } else {
            "the tenant and "
        };
        format!("check {tenant}the cloud ({options})")
    };
    http::Verdict::new(Exit::Denied, what).hint(said.answer.clocks().unwrap_or_else(usual))
}

/// What a role or a policy needs besides, where it is a managed identity that is to have it.
pub(crate) fn by_group(said: &Said) -> &'static str {
    if said.is_to_managed_identity() {
        "; what comes by a group takes a managed identity up to 24 hours (its tokens are kept that long): give it to the identity itself"
    } else {
        ""
    }
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
