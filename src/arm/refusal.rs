//! Resource Manager's no, in words a person can act on.
//!
//! Codes: Microsoft's "Resolve common Azure deployment errors" and the "Resource Manager error codes".

use super::Scope;
use crate::error::Exit;
use crate::http::{Said, Service, Verdict};
use crate::vault::other_tenant;

impl Service for Scope {
    type Reach = ();
    const NAME: &'static str = "Azure";
    const ERRORS: Option<&'static str> = Some("Resource Manager's");
    const REQUEST_ID: Option<&'static str> = Some("x-ms-request-id");

    fn operation(&self) -> String {
        format!("cannot list the vaults of {self}")
    }

    fn verdict(&self, said: &Said) -> Option<Verdict<()>> {
        let (code, message) = (said.text("/error/code"), said.text("/error/message"));
        if code.is_empty() && message.is_empty() {
            return None;
        }
        Some(by_code(said, code).words(said.quote(message)))
    }
}

fn by_code(said: &Said, code: &str) -> Verdict<()> {
    let (exit, what, hint) = match (said.status, code) {
        (404, "SubscriptionNotFound") | (400, "InvalidSubscriptionId") => (
            Exit::NotFound,
            "there is no such subscription in this tenant and cloud",
            "check the id (`az account list`), the tenant (`--tenant-id`) and the cloud (`--cloud`)",
        ),
        (404, "ResourceGroupNotFound") => (
            Exit::NotFound,
            "there is no such resource group in the subscription",
            "check the name (`az group list`)",
        ),
        (403, "AuthorizationFailed") => (
            Exit::Denied,
            "the identity lacks a role there",
            "give it the role `Reader` on the subscription or resource group (`az role assignment create`), and wait some minutes; \
             to read secrets of vaults that are named it is not needed",
        ),
        (401, "InvalidAuthenticationTokenTenant") => return other_tenant(said, "subscription"),
        (401, "InvalidAuthenticationTokenAudience") => (
            Exit::Denied,
            "the token is for another audience",
            "is it the right cloud (`--cloud`, `--management-endpoint`)?",
        ),
        (401, _) => (
            Exit::Denied,
            "Resource Manager does not accept the token",
            "check this machine's clock, the tenant and the cloud (`--cloud`, `--management-endpoint`)",
        ),
        (403, _) => (
            Exit::Denied,
            "Resource Manager denies access",
            "check the identity's roles, and the policies of its tenant",
        ),
        (429, _) => return Verdict::new(Exit::Service, "Resource Manager is throttled"),
        (status, code) => {
            let what = format!("Resource Manager answered {status} {}", said.quote(code));
            return Verdict::new(Exit::Service, what.trim_end());
        }
    };
    Verdict::new(exit, what).hint(hint)
}
